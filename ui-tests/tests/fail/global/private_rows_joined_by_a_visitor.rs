use ui_tests::*;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "branches")]
pub struct Branch {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Country)]
    pub country: String,
}

pub async fn case(token: TenantToken, site: PublicTenant, db: TenantDb, mut tx: TenantTx) {
    _ = (&token, &site, &db, &mut tx);
    Country::find(&site).inner_join_many(Branch::columns().country).fetch_all(&db).await.ok();
}

fn main() {}
