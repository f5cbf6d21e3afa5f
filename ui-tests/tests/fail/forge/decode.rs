use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    drop(sqlx::query_scalar::<_, TenantToken>("SELECT 1"));
}

fn main() {}
