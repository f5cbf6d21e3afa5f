use ui_tests::*;

async fn projects(token: Option<TenantToken>, State(db): State<TenantDb>) -> String {
    format!("{:?}", Project::find(&token).fetch_all(&db).await)
}

pub fn case() -> Router<TenantDb> {
    Router::new().route("/projects", get(projects))
}

fn main() {}
