use ui_tests::*;

tenancy::schema! { pub LIST: [Project], global: [Country] }
