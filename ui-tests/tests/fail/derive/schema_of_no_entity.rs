use ui_tests::*;

pub struct Thing;

tenancy::schema! { pub SCHEMA: [Project, Thing] }

pub async fn case() {

}

fn main() {}
