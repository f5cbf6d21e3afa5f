//! What the operator does: tenants that sign up, and tenants that are suspended.
//!
//! A new tenant has no member whose token could write its first rows. The service signs a grant for itself, for that tenant
//! and this purpose: so there is no second way to the tables, and no login that may do more.

use tenancy::Label;
use tenancy::prelude::*;

use super::App;
use crate::Result;
use crate::entities::{Landing, NewLanding, NewProject, NewTask, Project, Task};

pub(super) const SIGN_UP: &str = "sign-up";

pub struct NewTenant<'a> {
    pub label: &'a str,
    pub headline: &'a str,
    pub text: &'a str,
    pub members: &'a [&'a str],
    /// Their names, and their tasks.
    pub projects: &'a [(&'a str, &'a [&'a str])],
}

impl App {
    pub async fn sign_up(&self, new: NewTenant<'_>) -> Result<TenantId> {
        let label: Label = new.label.parse()?;
        let tenant = self.identity.create_tenant(&label).await?;
        self.directory.forget(&label);

        let grant = self.service_key.grant(tenant, SIGN_UP)?;
        let token = self.authorities.service.authenticate(&grant).await?;
        let mut tx = self.db.begin(&token).await?;
        let landing = NewLanding { headline: new.headline.into(), text: new.text.into() };
        Landing::insert(&tx, landing).execute(&mut tx).await?;
        for (name, tasks) in new.projects {
            let project = NewProject { name: (*name).into() };
            let project = Project::insert(&tx, project).fetch_one(&mut tx).await?;
            for title in *tasks {
                let task = NewTask { project_id: project.id, title: (*title).into() };
                Task::insert(&tx, task).execute(&mut tx).await?;
            }
        }
        tx.commit().await?;

        for member in new.members {
            self.identity.admit(tenant, member).await?;
            self.memberships.forget(member);
        }
        Ok(tenant)
    }

    /// Nobody acts for it and nobody visits it, from now on. False when there is no such tenant.
    pub async fn suspend(&self, label: &str) -> Result<bool> {
        let label: Label = label.parse()?;
        let Some(listing) = self.directory.find(&label).await? else { return Ok(false) };
        self.identity.suspend(listing.tenant).await?;
        self.directory.forget(&label);
        self.memberships.forget_tenant(listing.tenant);
        self.events.close(listing.tenant);
        Ok(true)
    }
}
