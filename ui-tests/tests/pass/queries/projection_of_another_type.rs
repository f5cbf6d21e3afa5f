use ui_tests::*;

#[derive(Debug, Projection)]
pub struct Card {
    pub slug: String,
    pub note: Option<String>,
}

pub async fn case(token: TenantToken, db: TenantDb) {
    Project::find(&token).select(|p| SelectCard { slug: p.slug, note: p.note }).fetch_all(&db).await.ok();
}
