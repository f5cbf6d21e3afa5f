use ui_tests::*;

pub struct Thing;

tenancy::schema! { pub SCHEMA: [Project, Task] }

pub async fn case() {}
