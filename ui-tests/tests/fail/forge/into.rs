use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    let token: TenantToken = tenant.into();
    drop(token);
}

fn main() {}
