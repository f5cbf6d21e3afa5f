use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "posts", public_read = true)]
pub struct Post {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}

fn main() {}
