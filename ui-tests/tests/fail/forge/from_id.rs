use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    drop(TenantToken::from(tenant));
}

fn main() {}
