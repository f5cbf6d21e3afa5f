use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub struct Thing(Uuid, TenantId);

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}

fn main() {}
