//! [`Place`]: where a contender opens its pool: a dataset, at the end of a network.

use sqlx::postgres::PgConnectOptions;
use tenancy_testkit::TestAuthority;

use crate::dataset::{Dataset, Role};
use crate::network::Network;

/// Connections of every contender's pool.
pub(crate) const POOL: u32 = 8;

/// What a contender needs to connect.
pub(crate) struct Place<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) authority: &'a TestAuthority,
    port: u16,
}

impl<'a> Place<'a> {
    pub(crate) fn new(
        dataset: &'a Dataset,
        authority: &'a TestAuthority,
        network: Network,
    ) -> anyhow::Result<Self> {
        let port = network.port(dataset.test.app().get_port())?;
        Ok(Self::at(dataset, authority, port))
    }

    /// At a port of this machine.
    pub(crate) fn at(dataset: &'a Dataset, authority: &'a TestAuthority, port: u16) -> Self {
        Self { dataset, authority, port }
    }

    /// As sqlx has it.
    pub(crate) fn options(&self, role: Role) -> PgConnectOptions {
        self.dataset.options(role).port(self.port)
    }

    /// As the application of `tenancy` has it.
    pub(crate) fn app(&self) -> PgConnectOptions {
        self.dataset.test.app().port(self.port)
    }

    /// As everybody else has it.
    #[cfg(feature = "rivals")]
    pub(crate) fn url(&self, role: Role) -> String {
        let (user, password) = (self.dataset.user(role), self.dataset.password());
        let database = self.dataset.test.name();
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}
