use ui_tests::*;

pub async fn case(pool: PgPool, db: TenantDb) {
    drop((pool, db));
}
