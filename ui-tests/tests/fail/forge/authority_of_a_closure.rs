use ui_tests::*;

pub async fn case(authority: Authority, tenant: TenantId) {
    _ = (&authority, tenant);
    drop(Authority::new(|_: &str| tenant));
}

fn main() {}
