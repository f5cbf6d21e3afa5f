use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    let verified = tenancy::auth::Verified::new(tenant, "me", std::time::SystemTime::now());
    drop(TenantToken::from(verified));
}

fn main() {}
