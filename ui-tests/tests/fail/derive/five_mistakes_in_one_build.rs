use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(tabel = "things", index(nmae))]
pub struct Thing {
    #[tenancy(id, generated)]
    pub id: Uuid,
    #[tenancy(tennant)]
    pub tenant_id: TenantId,
    #[tenancy(default, generated)]
    pub name: String,
}

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}

fn main() {}
