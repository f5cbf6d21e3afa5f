use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    #[tenancy(on_delete = "cascade")]
    pub project_id: Uuid,
}

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}

fn main() {}
