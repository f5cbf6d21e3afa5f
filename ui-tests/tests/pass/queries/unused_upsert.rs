use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    #[deny(unused_must_use)]
    {
        Project::insert(&token, new_project()).on_conflict(|k| k.slug).do_nothing().execute(&db).await.ok();
    }
}
