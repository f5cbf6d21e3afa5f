use ui_tests::*;

#[derive(Debug, GlobalTable)]
#[tenancy(table = "things")]
pub struct Thing {
    #[tenancy(id)]
    pub id: Uuid,
    #[tenancy(references = Project)]
    pub project: Uuid,
}

fn main() {}
