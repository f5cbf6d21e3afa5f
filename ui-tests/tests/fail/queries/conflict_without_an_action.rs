use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Project::insert(&token, new_project()).on_conflict(|k| k.slug).execute(&db).await.ok();
}

fn main() {}
