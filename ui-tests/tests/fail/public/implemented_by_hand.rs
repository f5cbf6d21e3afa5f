use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "posts")]
pub struct Post {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
}

impl PublicRead for Post {}

fn main() {}
