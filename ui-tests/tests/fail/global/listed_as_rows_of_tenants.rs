use ui_tests::*;

tenancy::schema! { pub LIST: [Project, Country] }

fn main() {}
