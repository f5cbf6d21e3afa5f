use ui_tests::*;

#[derive(Debug, Projection)]
pub enum Card {
    Slug,
}

pub async fn case(token: TenantToken, db: TenantDb) {
    _ = (token, db);
}

fn main() {}
