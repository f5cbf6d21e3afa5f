use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    drop(serde_json::from_str::<TenantToken>("{}"));
}

fn main() {}
