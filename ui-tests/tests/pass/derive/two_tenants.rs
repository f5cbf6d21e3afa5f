use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
}

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}
