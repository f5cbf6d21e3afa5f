use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    drop(TenantToken { proven: std::sync::Arc::new(tenant) });
}

fn main() {}
