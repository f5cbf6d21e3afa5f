use ui_tests::*;

#[derive(TenantScoped)]
#[tenancy(table = "things")]
pub enum Thing {
    One,
}

pub async fn case(token: TenantToken) {
    drop(Thing::find(&token));
}

fn main() {}
