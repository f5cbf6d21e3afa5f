use ui_tests::*;

#[derive(Debug, TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}
