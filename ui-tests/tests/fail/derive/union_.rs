use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub union Thing {
    pub id: u32,
}

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}

fn main() {}
