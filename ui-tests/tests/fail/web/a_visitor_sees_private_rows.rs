use ui_tests::*;

async fn projects(site: PublicTenant, State(db): State<TenantDb>) -> String {
    format!("{:?}", Project::find(&site).fetch_all(&db).await)
}

pub fn case() -> Router<TenantDb> {
    Router::new().route("/projects", get(projects))
}

fn main() {}
