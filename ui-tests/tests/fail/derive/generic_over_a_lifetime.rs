use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing<'a> {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: &'a str,
}

pub async fn case(token: TenantToken) {
    _ = token;
}

fn main() {}
