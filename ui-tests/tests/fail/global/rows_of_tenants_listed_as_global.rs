use ui_tests::*;

tenancy::schema! { pub LIST: [], global: [Country, Project] }

fn main() {}
