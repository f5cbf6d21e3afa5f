use ui_tests::*;

async fn projects(Path(tenant): Path<TenantId>, State(db): State<TenantDb>) -> String {
    format!("{:?}", Project::find(&tenant).fetch_all(&db).await)
}

pub fn case() -> Router<TenantDb> {
    Router::new().route("/{tenant}/projects", get(projects))
}

fn main() {}
