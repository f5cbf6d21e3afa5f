use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Project::insert(&token, new_project())
        .on_conflict(|k| k.slug)
        .do_update(|u| u.set(|p| p.id, Uuid::nil()))
        .execute(&db)
        .await
        .ok();
}

fn main() {}
