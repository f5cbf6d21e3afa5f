use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb, mut tx: TenantTx, tasks: BoxStream<'_, TaskDraft>) {
    _ = (&token, &db, &mut tx);
    Task::insert_stream(&token, tasks).execute(&db).await.ok();
}

fn main() {}
