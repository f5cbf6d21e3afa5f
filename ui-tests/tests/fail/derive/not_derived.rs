use ui_tests::*;

pub struct Thing;

pub async fn report<E: TenantScoped>(token: &TenantToken, db: &TenantDb) {
    E::count(token).fetch_one(db).await.ok();
}

pub async fn case(token: TenantToken, db: TenantDb) {
    report::<Thing>(&token, &db).await;
}

fn main() {}
