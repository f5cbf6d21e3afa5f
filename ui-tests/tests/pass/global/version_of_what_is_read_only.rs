use ui_tests::*;

#[derive(Debug, GlobalTable)]
#[tenancy(table = "things", writable)]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(version)]
    pub version: i32,
}
