//! [`Step`]: one thing that a file does, and what its reverse does about it.
//!
//! A file holds what differs between the lock file and the entities, and nothing else. So the difference is a list of
//! steps, in the order in which PostgreSQL can take them: keys go, keys come, row-level security is put in force, the
//! runtime role is let in. The reverse of a file is the reverse of each step, last one first.

use std::collections::BTreeSet;

use crate::schema::emit::EDITION;
use crate::schema::lock::Lock;
use crate::schema::model::{Entity, Model, Reference, Table};

/// A change, and what undoes it. Nothing does where the change only says again what was in force.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) forward: Change<'a>,
    pub(crate) reverse: Option<Change<'a>>,
}

/// One thing that a file does.
#[derive(Debug, Clone)]
pub(crate) enum Change<'a> {
    /// What all entities share.
    AddFoundation,
    DropFoundation,
    /// The runtime role exists, and may ask who is bound.
    AddRole(&'a str),
    DropRole(&'a str),
    AddPart(&'a Entity, Part<'a>),
    DropPart(&'a Entity, Part<'a>),
    /// The runtime role may name what is in a schema: the schema, the role.
    GrantUsage(&'a str, &'a str),
    RevokeUsage(&'a str, &'a str),
    /// Row-level security holds everybody.
    Protect(&'a Entity),
    Unprotect(&'a Entity),
    /// The runtime role reaches the rows of its tenant. `fresh`: what it could do before is taken away first.
    Admit {
        entity: &'a Entity,
        role: &'a str,
        fresh: bool,
    },
    Expel {
        entity: &'a Entity,
        role: &'a str,
    },
    /// Visitors read the table: the entity, the runtime role.
    Publish(&'a Entity, &'a str),
    Unpublish(&'a Entity),
    /// Further columns that the runtime role may write.
    Grant(&'a Entity, &'a str, Columns<'a>),
    Revoke(&'a Entity, &'a str, Columns<'a>),
    /// The runtime role reads a global table, and writes it where the table says so.
    Share(&'a Entity, &'a str),
    Unshare(&'a Entity, &'a str),
    /// Nobody reaches the table any more, and its row-level security stays.
    Retire(&'a Table, &'a str),
    /// Where uses of the cross-tenant role are written down.
    AddAudit,
    DropAudit,
    /// The role that reads across tenants exists, and may write down that it does.
    AddCrossTenant(&'a str),
    DropCrossTenant(&'a str),
    /// It reads a table.
    Show(&'a Table, &'a str),
    Hide(&'a Table, &'a str),
}

/// A key, an index, or what a key needs of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    NotNull(&'a str),
    /// This and the next two: the columns after the tenant's, where there is one.
    PrimaryKey(Vec<&'a str>),
    Unique(Vec<&'a str>),
    Index(Vec<&'a str>),
    ForeignKey(&'a Reference),
}

/// The columns that may be given on insert, and on update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns<'a> {
    pub(crate) insert: Vec<&'a str>,
    pub(crate) update: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(entity: &'a Entity) -> Self {
        Self { insert: entity.insertable().collect(), update: entity.updatable().collect() }
    }

    /// Those of `self` that are not of `other`.
    fn without(&self, other: &Self, but: impl Fn(&str) -> bool) -> Self {
        let rest = |these: &[&'a str], those: &[&'a str]| {
            these.iter().filter(|c| !those.contains(c) && !but(c)).copied().collect()
        };
        Self { insert: rest(&self.insert, &other.insert), update: rest(&self.update, &other.update) }
    }

    fn is_empty(&self) -> bool {
        self.insert.is_empty() && self.update.is_empty()
    }
}

/// The parts of an entity, in the order in which they can be added.
pub(crate) fn parts(entity: &Entity) -> Vec<Part<'_>> {
    let not_null = entity.tenant.as_deref().into_iter().chain(entity.id()).map(Part::NotNull);
    // A table that was found in a database may have none.
    let primary_key = entity.id().next().map(|_| Part::PrimaryKey(entity.id().collect()));
    let uniques = entity.uniques.iter().map(|key| Part::Unique(key.iter().map(String::as_str).collect()));
    let indexes = entity.all_indexes().into_iter().map(Part::Index);
    let references = entity.references.iter().map(Part::ForeignKey);
    not_null.chain(primary_key).chain(uniques).chain(indexes).chain(references).collect()
}

/// The steps from what was emitted to what the entities say.
pub(crate) fn steps<'a>(before: Option<&'a Lock>, now: &'a Model) -> Vec<Step<'a>> {
    let difference = Difference { before, now, role: &now.runtime_role };
    let mut steps = Vec::new();
    difference.foundation(&mut steps);
    difference.keys(&mut steps);
    difference.grant_usage(difference.role, difference.former_role().is_some(), &mut steps);
    difference.isolation(&mut steps);
    difference.globals(&mut steps);
    difference.cross_tenant(&mut steps);
    difference.farewell(&mut steps);
    steps
}

fn schemas<'a>(entities: impl Iterator<Item = &'a Entity>) -> BTreeSet<&'a str> {
    entities.map(|entity| entity.table.schema.as_str()).collect()
}

fn revoke_usage<'a>(before: &'a Lock, role: &'a str, steps: &mut Vec<Step<'a>>) {
    for schema in schemas(before.emitted()) {
        let reverse = Some(Change::GrantUsage(schema, role));
        steps.push(Step::new(Change::RevokeUsage(schema, role), reverse));
    }
}

/// What a role may do with a table, said afresh.
fn grants<'a>(entity: &'a Entity, role: &'a str) -> Change<'a> {
    if entity.tenant.is_some() {
        Change::Admit { entity, role, fresh: true }
    } else {
        Change::Share(entity, role)
    }
}

struct Difference<'a> {
    before: Option<&'a Lock>,
    now: &'a Model,
    role: &'a str,
}

impl<'a> Difference<'a> {
    /// An entity of now, as it was emitted.
    fn held(&self, entity: &Entity) -> Option<&'a Entity> {
        self.before.and_then(|before| before.entity(&entity.table))
    }

    /// The lock file is of another edition of the SQL: all of it is said again, on top of what is in force.
    fn restated(&self) -> bool {
        self.before.is_some_and(|before| before.edition != EDITION)
    }

    /// The runtime role of before, when it is another now.
    fn former_role(&self) -> Option<&'a str> {
        self.before.map(|before| before.runtime_role.as_str()).filter(|role| *role != self.role)
    }

    /// The table was retired, and its keys and its row-level security are there.
    fn comes_back(&self, entity: &Entity) -> bool {
        self.before.is_some_and(|before| before.retired.contains(&entity.table))
    }

    fn foundation(&self, steps: &mut Vec<Step<'a>>) {
        let new = self.before.is_none();
        if new || self.restated() {
            steps.push(Step::new(Change::AddFoundation, new.then_some(Change::DropFoundation)));
        }
        if new || self.restated() || self.former_role().is_some() {
            let other = new || self.former_role().is_some();
            steps.push(Step::new(Change::AddRole(self.role), other.then_some(Change::DropRole(self.role))));
        }
    }

    /// First everything that goes, since a key can be dropped when no reference needs it any more.
    fn keys(&self, steps: &mut Vec<Step<'a>>) {
        let mut gone = Vec::new();
        let mut new = Vec::new();
        for entity in self.now.emitted() {
            // It may have been a table of the other kind, with other keys.
            let was = self.before.and_then(|before| before.table(&entity.table));
            let held = was.filter(|held| held.tenant == entity.tenant);
            let (before, now) = (was.map_or_else(Vec::new, parts), parts(entity));
            let kept = |part: &Part<'_>, others: &[Part<'_>]| held.is_some() && others.contains(part);
            for part in before.iter().filter(|part| !kept(part, &now)) {
                if let Some(held) = was {
                    gone.push((held, part.clone()));
                }
            }
            for part in now {
                let kept = kept(&part, &before);
                if !kept || self.restated() {
                    new.push((entity, part, !kept && !self.comes_back(entity)));
                }
            }
        }
        gone.extend(self.orphans());
        gone.sort_by_key(|(_, part)| std::cmp::Reverse(part.rank()));
        new.sort_by_key(|(_, part, _)| part.rank() == Part::LAST);
        for (entity, part) in gone {
            let reverse = Some(Change::AddPart(entity, part.clone()));
            steps.push(Step::new(Change::DropPart(entity, part), reverse));
        }
        for (entity, part, reversible) in new {
            let reverse = reversible.then(|| Change::DropPart(entity, part.clone()));
            steps.push(Step::new(Change::AddPart(entity, part), reverse));
        }
    }

    /// The references of tables that are retired now to keys that change: nothing else would let those go.
    fn orphans(&self) -> Vec<(&'a Entity, Part<'a>)> {
        let retired = self.now.retired.iter().filter_map(|table| self.before?.table(table));
        let references =
            retired.flat_map(|held| held.references.iter().map(move |reference| (held, reference)));
        let changes = |reference: &Reference| {
            let key =
                |entity: &Entity| (entity.tenant.clone(), entity.id().map(str::to_owned).collect::<Vec<_>>());
            let before = self.before.and_then(|before| before.table(&reference.parent)).map(key);
            self.now.table(&reference.parent).is_some_and(|now| before != Some(key(now)))
        };
        references
            .filter(|(_, reference)| changes(reference))
            .map(|(held, reference)| (held, Part::ForeignKey(reference)))
            .collect()
    }

    /// `other`: the role is another than before.
    fn grant_usage(&self, role: &'a str, other: bool, steps: &mut Vec<Step<'a>>) {
        let held = self.before.filter(|_| !other).map_or_else(BTreeSet::new, |b| schemas(b.emitted()));
        for schema in schemas(self.now.emitted()) {
            let new = !held.contains(schema);
            if new || self.restated() {
                let reverse = new.then_some(Change::RevokeUsage(schema, role));
                steps.push(Step::new(Change::GrantUsage(schema, role), reverse));
            }
        }
    }

    fn isolation(&self, steps: &mut Vec<Step<'a>>) {
        for entity in &self.now.entities {
            let held = self.held(entity);
            let moved = held.is_some_and(|held| held.tenant != entity.tenant);
            if held.is_none() || moved || self.restated() {
                let reverse = match held {
                    None if self.comes_back(entity) => None,
                    None => Some(Change::Unprotect(entity)),
                    Some(held) => moved.then_some(Change::Protect(held)),
                };
                steps.push(Step::new(Change::Protect(entity), reverse));
            }
            self.grants(entity, held, moved, steps);
            self.publication(entity, held, moved, steps);
        }
    }

    fn grants(&self, entity: &'a Entity, held: Option<&'a Entity>, moved: bool, steps: &mut Vec<Step<'a>>) {
        let role = self.role;
        let admit = |fresh| Change::Admit { entity, role, fresh };
        match held {
            None if self.comes_back(entity) => {
                steps.push(Step::new(admit(true), Some(Change::Retire(&entity.table, role))));
            }
            None => steps.push(Step::new(admit(true), Some(Change::Expel { entity, role }))),
            // The policy names one role at a time: the reverse has named the former one again by then.
            Some(_) if self.former_role().is_some() => {
                steps.push(Step::new(admit(true), Some(Change::Retire(&entity.table, role))));
            }
            Some(held) if moved => {
                steps.push(Step::new(admit(true), Some(Change::Admit { entity: held, role, fresh: true })));
            }
            Some(held) => {
                if self.restated() {
                    steps.push(Step::new(admit(false), None));
                }
                self.columns(entity, held, steps);
            }
        }
    }

    /// Stands after `Protect`, which bounds everybody to the tenant that is bound.
    fn publication(
        &self,
        entity: &'a Entity,
        held: Option<&'a Entity>,
        moved: bool,
        steps: &mut Vec<Step<'a>>,
    ) {
        let was = held.filter(|held| held.public_read);
        let role = self.former_role().unwrap_or(self.role);
        match (was, entity.public_read) {
            // It may have been public when it was retired: the lock file does not say.
            (None, false) if self.comes_back(entity) => {
                steps.push(Step::new(Change::Unpublish(entity), None));
            }
            (None, true) if self.comes_back(entity) => {
                steps.push(Step::new(Change::Publish(entity, self.role), None));
            }
            (None, false) => {}
            (Some(held), false) => {
                steps.push(Step::new(Change::Unpublish(entity), Some(Change::Publish(held, role))));
            }
            (None, true) => {
                steps.push(Step::new(
                    Change::Publish(entity, self.role),
                    Some(Change::Unpublish(held.unwrap_or(entity))),
                ));
            }
            (Some(held), true) => {
                let other = moved || self.former_role().is_some();
                if other || self.restated() {
                    let reverse = other.then_some(Change::Publish(held, role));
                    steps.push(Step::new(Change::Publish(entity, self.role), reverse));
                }
            }
        }
    }

    /// There is no row-level security on a global table: what the runtime role may do is all that keeps it.
    fn globals(&self, steps: &mut Vec<Step<'a>>) {
        let role = self.role;
        for global in &self.now.globals {
            match self.before.and_then(|before| before.global(&global.table)) {
                None => {
                    steps.push(Step::new(Change::Share(global, role), Some(Change::Unshare(global, role))));
                }
                Some(_) if self.former_role().is_some() => {
                    steps.push(Step::new(Change::Share(global, role), Some(Change::Unshare(global, role))));
                }
                Some(held) if held.writable != global.writable => {
                    steps.push(Step::new(Change::Share(global, role), Some(Change::Share(held, role))));
                }
                Some(held) => {
                    if self.restated() {
                        steps.push(Step::new(Change::Share(global, role), None));
                    } else if global.writable {
                        self.columns(global, held, steps);
                    }
                }
            }
        }
    }

    /// A column that left the entity keeps its grants while it is in the table: a program of before this file may still
    /// run, and names it. One that only the database fills in from now on loses them.
    fn columns(&self, entity: &'a Entity, held: &'a Entity, steps: &mut Vec<Step<'a>>) {
        let (before, now) = (Columns::of(held), Columns::of(entity));
        let gone = |column: &str| entity.columns.iter().all(|c| c.name != column);
        let (fewer, more) = (before.without(&now, gone), now.without(&before, |_| false));
        let role = self.role;
        if !fewer.is_empty() {
            let reverse = Some(Change::Grant(held, role, fewer.clone()));
            steps.push(Step::new(Change::Revoke(entity, role, fewer), reverse));
        }
        if !more.is_empty() {
            let reverse = Some(Change::Revoke(entity, role, more.clone()));
            steps.push(Step::new(Change::Grant(entity, role, more), reverse));
        }
    }

    /// The role that reads across tenants: its grants follow the entities.
    fn cross_tenant(&self, steps: &mut Vec<Step<'a>>) {
        let was = self.before.and_then(|before| before.cross_tenant_role.as_deref());
        let is = self.now.cross_tenant_role.as_deref();
        if let Some(role) = is {
            let other = was != is;
            if other || self.restated() {
                let new = was.is_none();
                steps.push(Step::new(Change::AddAudit, new.then_some(Change::DropAudit)));
                let reverse = other.then_some(Change::DropCrossTenant(role));
                steps.push(Step::new(Change::AddCrossTenant(role), reverse));
            }
            self.grant_usage(role, other, steps);
            for entity in self.now.emitted() {
                let new = other || self.before.is_none_or(|before| before.table(&entity.table).is_none());
                if new || self.restated() {
                    let reverse = new.then_some(Change::Hide(&entity.table, role));
                    steps.push(Step::new(Change::Show(&entity.table, role), reverse));
                }
            }
        }
        let (Some(role), Some(before)) = (was, self.before) else { return };
        let gone = was != is;
        for held in before.emitted().filter(|held| gone || self.now.table(&held.table).is_none()) {
            let reverse = Some(Change::Show(&held.table, role));
            steps.push(Step::new(Change::Hide(&held.table, role), reverse));
        }
        if gone {
            revoke_usage(before, role, steps);
            steps.push(Step::new(Change::DropCrossTenant(role), Some(Change::AddCrossTenant(role))));
        }
    }

    /// What loses its grants: retired tables, global ones that are to be isolated, and a runtime role that is another now.
    fn farewell(&self, steps: &mut Vec<Step<'a>>) {
        let Some(before) = self.before else { return };
        let was = before.runtime_role.as_str();
        for table in &self.now.retired {
            if let Some(entity) = before.table(table) {
                steps.push(Step::new(Change::Retire(table, was), Some(grants(entity, was))));
            }
        }
        // Its rows were everybody's, and are not any more. Adoption lets the role in when policies hold it.
        for entity in &self.now.adopting {
            if let Some(held) = before.global(&entity.table) {
                steps.push(Step::new(Change::Retire(&held.table, was), Some(grants(held, was))));
            }
        }
        if let Some(former) = self.former_role() {
            for entity in before.emitted().filter(|held| self.now.table(&held.table).is_some()) {
                steps.push(Step::new(Change::Retire(&entity.table, former), Some(grants(entity, former))));
            }
            revoke_usage(before, former, steps);
            steps.push(Step::new(Change::DropRole(former), Some(Change::AddRole(former))));
        }
    }
}

impl<'a> Step<'a> {
    fn new(forward: Change<'a>, reverse: Option<Change<'a>>) -> Self {
        Self { forward, reverse }
    }
}

impl Part<'_> {
    const LAST: u8 = 4;

    /// What needs another part stands after it.
    fn rank(&self) -> u8 {
        match self {
            Self::NotNull(_) => 0,
            Self::PrimaryKey(_) => 1,
            Self::Unique(_) => 2,
            Self::Index(_) => 3,
            Self::ForeignKey(_) => Self::LAST,
        }
    }
}
