use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    pub thread: std::thread::Thread,
}

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}

fn main() {}
