use ui_tests::*;

pub async fn case(token: TenantToken) {
    drop(serde_json::to_string(&token));
}

fn main() {}
