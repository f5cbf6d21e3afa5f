//! Filling the tenant column: a trigger for what is written from now on, and batches for what stands there.
//!
//! The trigger comes first. From its creation on, every new version of a row has its tenant, wherever in the table it
//! lands; so one pass over the blocks that the table had then is enough. A batch is a range of blocks, which costs no
//! index and no scan. It ends before anybody has waited for longer than the lock timeout, and the next one is larger or
//! smaller by how long it took.

use std::time::{Duration, Instant};

use crate::adopt::prepare::TablePrepared;
use crate::adopt::progress::Progress;
use crate::adopt::session::{Attempts, Session};
use crate::adopt::source::Source;
use crate::adopt::{AdoptError, keys};
use crate::schema::emit::change::Part;
use crate::schema::emit::quote::{ident, literal, table};

/// Of 8 KiB each, unless the server was built otherwise.
const FIRST_BATCH: i64 = 64;
const LARGEST_BATCH: i64 = 8192;
/// A batch aims at this part of the lock timeout.
const SHARE: u32 = 4;

/// The column and the trigger. Both are catalog changes.
pub(super) async fn open<'a>(session: &mut Session, source: &Source<'a>) -> Result<Source<'a>, AdoptError> {
    if !source.has_column() {
        let (on, tenant) = (source.table(), ident(source.entity.tenant()));
        let add = format!("ALTER TABLE {on} ADD COLUMN {tenant} uuid");
        session.brief(&source.entity.table, "adding the tenant column", &add).await?;
    }
    let source = source.with_column();
    if let Some(expression) = source.expression() {
        let sql = format!("{}; {}", function(&source, expression), triggers(&source));
        session.brief(&source.entity.table, "making the trigger", &sql).await?;
    }
    Ok(source)
}

/// What the trigger runs, as whoever writes.
pub(super) fn function_name(source: &Source<'_>) -> String {
    format!("{}.{}", ident(&source.entity.table.schema), ident(&source.passing("fill")))
}

fn function(source: &Source<'_>, expression: &str) -> String {
    let tenant = ident(source.entity.tenant());
    let body = format!(
        "DECLARE found pg_catalog.uuid; BEGIN \
           SELECT {expression} INTO found FROM (SELECT NEW.*) AS this; \
           NEW.{tenant} := found; RETURN NEW; END"
    );
    trigger_function(&function_name(source), source, &body)
}

/// A function that nobody calls but a trigger, in the schema of `source`.
fn trigger_function(name: &str, source: &Source<'_>, body: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {} AS {}; \
         REVOKE ALL ON FUNCTION {name}() FROM PUBLIC",
        source.search_path(),
        literal(body),
    )
}

/// For a row without a tenant, and for one whose tenant changes by another column: whoever moves a row and knows no tenants
/// moves it to the tenant of where it goes. Where the new program does that, the policy refuses.
fn triggers(source: &Source<'_>) -> String {
    let (on, tenant) = (source.table(), ident(source.entity.tenant()));
    let (fill, follow) = (ident(&source.passing("fill")), ident(&source.passing("follow")));
    let function = function_name(source);
    let mut sql = format!(
        "CREATE OR REPLACE TRIGGER {fill} BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW WHEN (NEW.{tenant} IS NULL) \
           EXECUTE FUNCTION {function}()"
    );
    let moved: Vec<String> = source
        .reads()
        .iter()
        .map(|column| ident(column))
        .map(|column| format!("OLD.{column} IS DISTINCT FROM NEW.{column}"))
        .collect();
    if !moved.is_empty() {
        sql += &format!(
            "; CREATE OR REPLACE TRIGGER {follow} BEFORE UPDATE ON {on} FOR EACH ROW WHEN ({}) EXECUTE FUNCTION {function}()",
            moved.join(" OR ")
        );
    }
    sql
}

/// Children go along when their parent moves to another tenant, those that a batch fills at that moment included: one
/// waits for the other. A trigger of a parent for each table of children. It fires before the foreign key is checked, since
/// triggers fire in the order of their names ("Adopt" sorts before "RI_ConstraintTrigger").
pub(super) async fn carry(
    session: &mut Session,
    parent: &Source<'_>,
    children: &[Source<'_>],
) -> Result<(), AdoptError> {
    for child in children {
        let Some(reference) = child.follows().filter(|reference| reference.parent == parent.entity.table)
        else {
            continue;
        };
        let (name, trigger) = (carrier_name(child), ident(&carrier(child)));
        let (tenant, here) = (ident(parent.entity.tenant()), ident(&reference.parent_id));
        let body = format!(
            "BEGIN UPDATE {} AS c SET {} = NEW.{tenant} WHERE c.{} = NEW.{here}; RETURN NULL; END",
            child.table(),
            ident(child.entity.tenant()),
            ident(&reference.column),
        );
        let sql = format!(
            "{}; CREATE OR REPLACE TRIGGER {trigger} AFTER UPDATE ON {} FOR EACH ROW \
               WHEN (OLD.{tenant} IS DISTINCT FROM NEW.{tenant} AND OLD.{tenant} IS NOT NULL) EXECUTE FUNCTION {name}()",
            trigger_function(&name, child, &body),
            parent.table(),
        );
        session.brief(&parent.entity.table, "making a trigger", &sql).await?;
    }
    Ok(())
}

/// A child that was written while its parent moved, by a statement that did not see it yet: until the foreign key is there,
/// nothing else holds the two together.
pub(super) async fn reconcile(session: &mut Session, source: &Source<'_>) -> Result<(), AdoptError> {
    let Some(reference) = source.follows() else { return Ok(()) };
    let (on, parent) = (source.table(), table(&reference.parent));
    let (tenant, theirs) =
        (ident(source.entity.tenant()), ident(reference.parent_tenant.as_deref().unwrap_or_default()));
    let apart = format!(
        "p.{} = this.{} AND p.{theirs} <> this.{tenant}",
        ident(&reference.parent_id),
        ident(&reference.column)
    );
    // Asked without a lock, since mostly there is none.
    let any = format!("SELECT EXISTS (SELECT FROM {on} AS this JOIN {parent} AS p ON {apart})");
    if session.ask(any).await? {
        let update =
            format!("UPDATE {on} AS this SET {tenant} = p.{theirs} FROM {parent} AS p WHERE {apart}");
        in_batches(session, source, &update).await?;
    }
    Ok(())
}

/// The trigger of a parent that carries the rows of `child` along.
pub(super) fn carrier(child: &Source<'_>) -> String {
    child.passing("carry").replacen("tenancy_adopt", "Adopt_tenancy", 1)
}

pub(super) fn carrier_name(child: &Source<'_>) -> String {
    format!("{}.{}", ident(&child.entity.table.schema), ident(&child.passing("carry")))
}

/// Fills what stands there.
pub(super) async fn fill(session: &mut Session, source: &Source<'_>) -> Result<TablePrepared, AdoptError> {
    let tenant = ident(source.entity.tenant());
    let table = source.entity.table.to_string();
    let Some(expression) = source.expression() else {
        return Ok(TablePrepared { table, ..TablePrepared::default() });
    };
    // A column that cannot be NULL has nothing left to fill.
    if keys::there(session, source, &Part::NotNull(source.entity.tenant())).await? {
        return Ok(TablePrepared { table, ..TablePrepared::default() });
    }
    let on = source.table();
    let update = format!("UPDATE {on} AS this SET {tenant} = {expression} WHERE this.{tenant} IS NULL");
    let report = in_batches(session, source, &update).await?;
    tracing::info!(%table, rows = report.rows, batches = report.batches, "the tenant column is filled");
    Ok(report)
}

/// An `UPDATE` of `this` by ranges of the blocks that the table has now. What it is given ends in a `WHERE`.
async fn in_batches(
    session: &mut Session,
    source: &Source<'_>,
    update: &str,
) -> Result<TablePrepared, AdoptError> {
    let mut report = TablePrepared { table: source.entity.table.to_string(), ..TablePrepared::default() };
    let blocks: i64 = session
        .ask(format!(
            "SELECT pg_relation_size({}::regclass) / current_setting('block_size')::bigint",
            source.regclass()
        ))
        .await?;
    let target = session.lock_timeout / SHARE;
    let (mut at, mut size) = (0, FIRST_BATCH);
    let mut attempts = Attempts::new();
    while at < blocks {
        let batch = format!(
            "SET LOCAL search_path = {}; {update} AND this.ctid >= '({at},0)'::tid AND this.ctid < '({},0)'::tid",
            source.search_path(),
            at + size,
        );
        let began = Instant::now();
        if let Some(rows) = session.attempt(&batch, true).await? {
            let took = began.elapsed();
            report.rows += rows;
            report.batches += 1;
            report.longest = report.longest.max(took);
            at += size;
            size = next(size, took, target);
            attempts = Attempts::new();
            session.listener.tell(|| Progress::Filled {
                table: report.table.clone(),
                done: at.min(blocks).unsigned_abs(),
                of: blocks.unsigned_abs(),
                rows: report.rows,
            });
        } else {
            size = (size / 2).max(1);
            session.pause(&mut attempts, &source.entity.table, "a batch").await?;
        }
        tracing::trace!(table = %source.entity.table, block = at, of = blocks, "a batch");
    }
    Ok(report)
}

fn next(size: i64, took: Duration, target: Duration) -> i64 {
    let next = if took > target {
        size / 2
    } else if took < target / 2 {
        size * 2
    } else {
        size
    };
    next.clamp(1, LARGEST_BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_find_their_size() {
        let target = Duration::from_millis(100);
        assert_eq!(next(64, Duration::from_millis(10), target), 128);
        assert_eq!(next(64, Duration::from_millis(70), target), 64);
        assert_eq!(next(64, Duration::from_millis(200), target), 32);
        assert_eq!(next(1, Duration::from_secs(9), target), 1);
        assert_eq!(next(LARGEST_BATCH, Duration::ZERO, target), LARGEST_BATCH);
    }
}
