use ui_tests::*;

pub async fn case(mut tx: TenantTx, mut superuser: PgConnection) {
    std::mem::swap(&mut *tx.raw(), &mut superuser);
}

fn main() {}
