use ui_tests::*;

async fn projects(token: Option<TenantToken>, State(db): State<TenantDb>) -> String {
    match token {
        Some(token) => format!("{:?}", Project::find(&token).fetch_all(&db).await),
        None => String::new(),
    }
}

pub fn case() -> Router<TenantDb> {
    Router::new().route("/projects", get(projects))
}
