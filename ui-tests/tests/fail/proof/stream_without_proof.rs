use ui_tests::*;

pub async fn case(token: TenantToken, tenant: TenantId, id: Uuid, db: TenantDb) {
    _ = (&token, tenant, id);
    drop(Project::find(&tenant).fetch(&db));
    drop(Project::find(&id).fetch(&db));
    drop(Project::find("acme").fetch(&db));
    drop(Project::find().fetch(&db));
}

fn main() {}
