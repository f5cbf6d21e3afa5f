//! [`Draw`]: what one operation is about, drawn before it is timed.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use rand::seq::IndexedRandom as _;
use tenancy::TenantToken;
use tenancy_testkit::TestAuthority;
use uuid::Uuid;

use crate::cell::Rows;
use crate::dataset::Dataset;

/// A tenant and a row.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    pub(crate) token: TenantToken,
    pub(crate) tenant: Uuid,
    pub(crate) id: Uuid,
    /// How many rows the tenant has that no operation touches.
    pub(crate) of_tenant: u64,
}

impl Draw {
    /// The same tenant, and an id that no row has yet.
    pub(crate) fn fresh(&self) -> Self {
        Self { id: Uuid::new_v4(), ..self.clone() }
    }
}

/// Where draws come from: a sample of the rows, so that a tenant with many rows is drawn often.
pub(crate) struct Urn {
    rows: Vec<Draw>,
}

impl Urn {
    /// A sample of the rows of a dataset, with a token for each tenant in it.
    pub(crate) async fn fill(
        dataset: &Dataset,
        authority: &TestAuthority,
        sample: usize,
    ) -> anyhow::Result<Self> {
        let expires_at = SystemTime::now() + Duration::from_secs(24 * 3600);
        let mut tokens = HashMap::new();
        let mut rows = Vec::with_capacity(sample);
        for (tenant, id, of_tenant) in dataset.sample(sample).await? {
            let token = match tokens.get(&tenant) {
                Some(token) => TenantToken::clone(token),
                None => {
                    let token = authority
                        .token_with(tenant.try_into()?, |claims| claims.expires_at = expires_at)
                        .await;
                    tokens.insert(tenant, token.clone());
                    token
                }
            };
            rows.push(Draw { token, tenant, id, of_tenant });
        }
        Ok(Self { rows })
    }

    /// The sample's rows, each once.
    pub(crate) fn rows(&self) -> &[Draw] {
        &self.rows
    }

    /// The first rows of this one, for what must fit into the server's memory several times.
    pub(crate) fn smaller(&self, rows: usize) -> Self {
        Self { rows: self.rows.iter().take(rows).cloned().collect() }
    }

    /// Draws for so many operations.
    pub(crate) async fn draw(
        &self,
        dataset: &Dataset,
        rows: Rows,
        count: usize,
    ) -> anyhow::Result<Vec<Draw>> {
        let mut random = rand::rng();
        let mut drawn: Vec<Draw> = (0..count)
            .map(|_| self.rows.choose(&mut random).cloned().context("the sample is empty"))
            .collect::<anyhow::Result<_>>()?;
        if rows != Rows::Existing {
            drawn.iter_mut().for_each(|draw| draw.id = Uuid::new_v4());
        }
        if rows == Rows::Doomed {
            dataset.insert(&drawn).await?;
        }
        Ok(drawn)
    }
}
