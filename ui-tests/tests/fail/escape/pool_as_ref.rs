use ui_tests::*;

pub async fn case(db: TenantDb) {
    let pool: &PgPool = db.as_ref();
    _ = pool;
}

fn main() {}
