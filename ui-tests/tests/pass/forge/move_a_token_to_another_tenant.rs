use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId) {
    let mut token = token;
    _ = (&mut token, tenant);
}
