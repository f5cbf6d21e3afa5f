use ui_tests::*;

pub struct Mine;

impl tenancy::statement::Proof for Mine {
    fn token(&self) -> &TenantToken {
        unimplemented!()
    }
}

pub async fn case() {

}

fn main() {}
