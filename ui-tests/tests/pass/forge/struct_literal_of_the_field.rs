use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    let Ok(token) = authority.authenticate("jwt").await else { return };
    drop(token);
}
