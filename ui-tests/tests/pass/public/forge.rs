use ui_tests::*;

pub fn case(site: PublicTenant) -> (TenantId, Label) {
    (site.tenant(), site.label().clone())
}
