use ui_tests::*;

#[derive(Debug, GlobalTable)]
#[tenancy(table = "things", public_read)]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
}

fn main() {}
