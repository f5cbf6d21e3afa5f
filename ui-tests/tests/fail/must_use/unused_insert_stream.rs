#![deny(unused_must_use)]
use ui_tests::*;

pub async fn case(tasks: BoxStream<'_, TaskDraft>, mut tx: TenantTx) {
    Task::insert_stream(&tx, tasks);
    _ = &mut tx;
}

fn main() {}
