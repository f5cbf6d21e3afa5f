use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "posts")]
pub struct Post {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(public_read)]
    pub text: String,
}

fn main() {}
