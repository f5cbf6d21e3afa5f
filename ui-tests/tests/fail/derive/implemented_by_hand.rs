use ui_tests::*;

pub struct Thing;

impl TenantScoped for Thing {}

pub async fn case(token: TenantToken) {
    _ = token;
}

fn main() {}
