use ui_tests::*;

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).filter(|p| p.note.eq(Some("x"))).fetch_all(&db).await.ok();
}

fn main() {}
