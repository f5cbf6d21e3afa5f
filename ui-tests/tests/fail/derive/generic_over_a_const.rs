use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing<const N: usize> {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: [u8; N],
}

pub async fn case(token: TenantToken) {
    _ = token;
}

fn main() {}
