//! How the rows come into the database: for the application through the library, for the reference without it.
//!
//! The two ways share nothing but the rows in memory. A tenant column that the library filled in wrongly would be wrong on
//! one side alone, and show in every report.

use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use tenancy::prelude::*;

use super::data::Data;
use super::entities::*;

/// Puts a tenant's rows in as the application does, in one transaction.
pub async fn application(db: &TenantDb, token: &TenantToken, data: Data) {
    let mut tx = db.begin(token).await.expect("a transaction");
    macro_rules! insert {
        ($($entity:ident: $rows:ident,)*) => {$({
            let rows = data.$rows.len() as u64;
            let inserted = $entity::insert_many(&tx, data.$rows).execute(&mut tx).await;
            assert_eq!(inserted.expect("an insert"), rows, stringify!($entity));
        })*};
    }
    // Parents first.
    insert! {
        Artist: artists,
        Album: albums,
        Genre: genres,
        MediaType: media_types,
        Playlist: playlists,
        Track: tracks,
        PlaylistTrack: playlist_tracks,
        Employee: employees,
        Customer: customers,
        Invoice: invoices,
        InvoiceLine: invoice_lines,
    }
    tx.commit().await.expect("a commit");
}

/// Puts a tenant's rows into a schema of their own, as the owner.
pub async fn reference(owner: &mut PgConnection, schema: &str, data: &Data) {
    macro_rules! fill {
        ($($table:literal: $rows:ident,)*) => {$(
            fill(owner, schema, $table, &data.$rows).await;
        )*};
    }
    fill! {
        "artist": artists,
        "album": albums,
        "genre": genres,
        "media_type": media_types,
        "playlist": playlists,
        "track": tracks,
        "playlist_track": playlist_tracks,
        "employee": employees,
        "customer": customers,
        "invoice": invoices,
        "invoice_line": invoice_lines,
    }
}

async fn fill<T: Serialize + Sync>(owner: &mut PgConnection, schema: &str, table: &str, rows: &[T]) {
    let name = format!("{schema}.{table}");
    let sql = format!("INSERT INTO {name} SELECT * FROM jsonb_populate_recordset(NULL::{name}, $1)");
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(Json(rows)).execute(owner).await;
    assert_eq!(done.expect("an insert").rows_affected(), rows.len() as u64, "{name}");
}
