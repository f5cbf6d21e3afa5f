use ui_tests::*;

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    #[deny(unused_must_use)]
    {
        Project::find(&token).select(|p| p.slug);
    }
}

fn main() {}
