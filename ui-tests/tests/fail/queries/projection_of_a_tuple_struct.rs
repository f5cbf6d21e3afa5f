use ui_tests::*;

#[derive(Debug, Projection)]
pub struct Card(pub String);

pub async fn case(token: TenantToken, db: TenantDb) {
    _ = (token, db);
}

fn main() {}
