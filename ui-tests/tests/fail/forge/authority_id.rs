use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    drop(tenancy::auth::AuthorityId(1));
}

fn main() {}
