use ui_tests::*;

pub async fn mine<'c>(token: &TenantToken, mut mine: impl Executor<'c>) {
    Project::count(token).fetch_one(mine.by_ref()).await.ok();
    Project::count(token).fetch_one(mine).await.ok();
}

pub async fn case() {}
