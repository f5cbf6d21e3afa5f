use ui_tests::*;

pub fn case(tenant: TenantId, label: Label) -> PublicTenant {
    PublicTenant { tenant, label }
}

fn main() {}
