use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    #[deny(unused_must_use)]
    {
        Project::find(&token).group_by(|p| p.slug).select(|s, _| s).fetch_all(&db).await.ok();
    }
}
