use ui_tests::*;

pub async fn case(db: TenantDb) {
    let pool: PgPool = db.into();
    drop(pool);
}

fn main() {}
