//! Emission: from a [`Model`] to SQL.
//!
//! A file is plain SQL in sqlx's migration format, reviewed and committed by the user. It runs in one transaction, as
//! the tables' owner, and needs no superuser. It says what changed since the file before, and beside it stands its
//! reverse. Its order: the foundation, an examination that refuses what emission does not own, then the steps of
//! [`change`].

pub(crate) mod change;
mod cross_tenant;
mod examine;
mod foundation;
mod global;
pub(crate) mod isolation;
pub(crate) mod part;
mod provision;
pub(crate) mod quote;

use std::fmt::Write as _;

pub(crate) use self::foundation::{
    BOUND_CHECK, BOUND_PUBLIC_CHECK, CURRENT_TENANT_BODY, READABLE_TENANT_BODY,
};
pub(crate) use self::provision::provision;
use crate::schema::emit::change::Change;
use crate::schema::emit::quote::comment;
use crate::schema::lock::Lock;
use crate::schema::model::{Entity, Model, Table};

/// The edition of what is emitted. A lock file of an older one has everything said again: raise it with each change of
/// the emitted SQL.
pub(crate) const EDITION: u32 = 3;

/// How every emitted file begins, of every edition: so that one is known that no lock file mentions.
pub(crate) const MARK: &str = "-- Emitted by tenancy";

/// What stands before the name of the file that a file was emitted after.
pub(crate) const FOLLOWS: &str = "-- Follows: ";

/// A file, and its reverse.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) forward: String,
    pub(crate) reverse: String,
}

/// What takes a database from the lock file to the entities; `None` when PostgreSQL need not be told anything.
pub(crate) fn text(before: Option<&Lock>, now: &Model, follows: Option<&str>) -> Option<Text> {
    let steps = change::steps(before, now);
    if steps.is_empty() {
        return None;
    }
    let writer = Writer { before, now, tag: quote::tag(before, now) };
    let forward: Vec<&Change<'_>> = steps.iter().map(|step| &step.forward).collect();
    let reverse: Vec<&Change<'_>> = steps.iter().rev().filter_map(|step| step.reverse.as_ref()).collect();
    Some(Text { forward: writer.forward(&forward, follows), reverse: writer.reverse(&reverse) })
}

/// What isolates every entity, on top of whatever is in force.
pub(crate) fn whole(model: &Model) -> String {
    text(None, model, None).map_or_else(String::new, |text| text.forward)
}

/// What all entities share, and the runtime role.
#[cfg(feature = "doctor")]
pub(crate) fn foundation_sql(model: &Model) -> String {
    let tag = quote::tag(None, model);
    format!("{}\n{}", foundation::add(&tag), foundation::add_role(&model.runtime_role, &tag))
}

struct Writer<'a> {
    before: Option<&'a Lock>,
    now: &'a Model,
    /// Of dollar quotes.
    tag: String,
}

const FORWARD: &str = "\
-- Emitted by tenancy from the entities of `schema!`. Do not edit it: the lock file knows its checksum, and sqlx refuses a
-- file that changed after it was applied. Whatever changes in the entities is emitted as a new file.
";

const REVERSE: &str = "\
-- Emitted by tenancy: the reverse of the file of the same name. It takes back what that file did, ROW-LEVEL SECURITY
-- INCLUDED, and nothing that stood before. Restore the lock file together with it.
";

const OPENING: &str = "\
--
-- It runs in one transaction, as the owner of the tables. Names below mean PostgreSQL's own, whatever the search_path of
-- this session is. It is put back at the end: sqlx writes its own row in the same transaction.
SELECT set_config('tenancy.search_path', current_setting('search_path'), true);
SET LOCAL search_path = pg_catalog, pg_temp;
";

const CLOSING: &str = "
SELECT set_config('search_path', current_setting('tenancy.search_path'), true);
";

impl Writer<'_> {
    fn forward(&self, changes: &[&Change<'_>], follows: Option<&str>) -> String {
        let mut sql = String::from(FORWARD);
        if let Some(follows) = follows {
            let _ = writeln!(sql, "{FOLLOWS}{}", comment(follows));
        }
        sql += OPENING;
        sql.push('\n');
        sql += &examine::server(&self.tag);
        let shared = |change: &&Change<'_>| Section::of(change) == Section::Foundation;
        let (foundation, rest): (Vec<_>, Vec<_>) = changes.iter().copied().partition(shared);
        self.changes(&foundation, &mut sql);
        let entities = examine::concerned(self.now, &rest);
        if !entities.is_empty() {
            sql.push('\n');
            sql += &examine::tables(&entities, &self.now.runtime_role, &self.tag);
        }
        let globals = examine::globals(self.now, &rest);
        if !globals.is_empty() {
            sql.push('\n');
            sql += &global::examine(&globals, self.before, &self.tag);
        }
        self.changes(&rest, &mut sql);
        sql + CLOSING
    }

    fn reverse(&self, changes: &[&Change<'_>]) -> String {
        let mut sql = String::from(REVERSE) + OPENING;
        sql.push('\n');
        sql += &examine::server(&self.tag);
        if changes.is_empty() {
            sql += "\n-- The file said again what was in force before: there is nothing to take back.\n";
        }
        self.changes(changes, &mut sql);
        sql + CLOSING
    }

    fn changes(&self, changes: &[&Change<'_>], sql: &mut String) {
        let mut section = None;
        let mut table = None;
        for change in changes {
            let of = Section::of(change);
            if section != Some(of) {
                let _ = write!(sql, "\n-- ===== {} {}\n", of.title(), "=".repeat(109 - of.title().len()));
                *sql += of.about();
                (section, table) = (Some(of), None);
            }
            let on = change.table();
            if on.is_none() || on != table {
                sql.push('\n');
                if let Some(on) = on {
                    let _ = writeln!(sql, "-- {}", comment(&on.to_string()));
                }
                table = on;
            }
            *sql += &self.change(change);
        }
        let protected: Vec<&Entity> = changes
            .iter()
            .filter_map(|change| if let Change::Protect(entity) = change { Some(*entity) } else { None })
            .collect();
        if !protected.is_empty() {
            sql.push('\n');
            *sql += &isolation::children(&protected, &self.now.runtime_role, &self.tag);
        }
    }

    fn change(&self, change: &Change<'_>) -> String {
        let tag = &self.tag;
        match change {
            Change::AddFoundation => foundation::add(tag),
            Change::DropFoundation => foundation::drop(),
            Change::AddRole(role) => foundation::add_role(role, tag),
            Change::DropRole(role) => foundation::drop_role(role, tag),
            Change::AddPart(entity, part) => part::add(entity, part, tag),
            Change::DropPart(entity, part) => part::drop(entity, part, tag),
            Change::GrantUsage(schema, role) => foundation::grant_usage(schema, role, tag),
            Change::RevokeUsage(schema, role) => foundation::revoke_usage(schema, role, tag),
            Change::Protect(entity) => isolation::protect(entity, tag),
            Change::Unprotect(entity) => isolation::unprotect(entity, tag),
            Change::Admit { entity, role, fresh } => isolation::admit(entity, role, *fresh),
            Change::Expel { entity, role } => isolation::expel(entity, role),
            Change::Publish(entity, role) => isolation::publish(entity, role),
            Change::Unpublish(entity) => isolation::unpublish(entity),
            Change::Grant(entity, role, columns) => isolation::grant(entity, role, columns),
            Change::Revoke(entity, role, columns) => isolation::revoke(entity, role, columns),
            Change::Share(entity, role) => global::share(entity, role),
            Change::Unshare(entity, role) => global::unshare(entity, role),
            Change::Retire(table, role) | Change::Hide(table, role) => isolation::retire(table, role, tag),
            Change::AddAudit => cross_tenant::add_audit(),
            Change::DropAudit => cross_tenant::drop_audit(tag),
            Change::AddCrossTenant(role) => cross_tenant::add_role(role, tag),
            Change::DropCrossTenant(role) => cross_tenant::drop_role(role, tag),
            Change::Show(table, role) => cross_tenant::show(table, role),
        }
    }
}

/// A file's chapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Foundation,
    Keys,
    Isolation,
    Global,
    CrossTenant,
    Farewell,
}

impl Section {
    fn of(change: &Change<'_>) -> Self {
        match change {
            Change::AddFoundation | Change::DropFoundation | Change::AddRole(_) => Self::Foundation,
            Change::AddPart(..) | Change::DropPart(..) => Self::Keys,
            Change::GrantUsage(..)
            | Change::Protect(_)
            | Change::Unprotect(_)
            | Change::Admit { .. }
            | Change::Expel { .. }
            | Change::Publish(..)
            | Change::Unpublish(_) => Self::Isolation,
            Change::Grant(entity, ..) | Change::Revoke(entity, ..) => {
                if entity.tenant.is_some() {
                    Self::Isolation
                } else {
                    Self::Global
                }
            }
            Change::Share(..) | Change::Unshare(..) => Self::Global,
            Change::AddAudit
            | Change::DropAudit
            | Change::AddCrossTenant(_)
            | Change::DropCrossTenant(_)
            | Change::Show(..)
            | Change::Hide(..) => Self::CrossTenant,
            Change::Retire(..) | Change::RevokeUsage(..) | Change::DropRole(_) => Self::Farewell,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Foundation => "Foundation",
            Self::Keys => "Keys",
            Self::Isolation => "Row-level security and grants",
            Self::Global => "Global tables",
            Self::CrossTenant => "Reading across tenants",
            Self::Farewell => "What is taken away",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Foundation | Self::CrossTenant | Self::Farewell => "",
            Self::Global => {
                "\n-- Their rows belong to no tenant, and no policy stands before them: every tenant may do with every row what is \
                 granted\n-- here.\n"
            }
            Self::Keys => {
                "\n-- The tenant leads each key, so that it holds within a tenant and tells nothing about another's rows, and so that \
                 its\n-- index serves row-level security. Foreign keys pair the tenant with the tenant, since PostgreSQL checks them \
                 past\n-- row-level security; while one is added, row-level security is lifted from the owner, whose query the check \
                 is.\n"
            }
            Self::Isolation => {
                "\n-- Grants: never TRUNCATE, REFERENCES or TRIGGER, which row-level security does not hold. INSERT leaves out \
                 generated\n-- columns; UPDATE leaves out the tenant column and the id as well, so that a row never moves.\n"
            }
        }
    }
}

impl<'a> Change<'a> {
    /// The table that it is about.
    fn table(&self) -> Option<&'a Table> {
        match self {
            Self::AddPart(entity, _)
            | Self::DropPart(entity, _)
            | Self::Protect(entity)
            | Self::Unprotect(entity)
            | Self::Admit { entity, .. }
            | Self::Expel { entity, .. }
            | Self::Publish(entity, _)
            | Self::Unpublish(entity)
            | Self::Share(entity, _)
            | Self::Unshare(entity, _)
            | Self::Grant(entity, ..)
            | Self::Revoke(entity, ..) => Some(&entity.table),
            Self::Retire(table, _) | Self::Show(table, _) | Self::Hide(table, _) => Some(table),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
