use ui_tests::*;

#[derive(Clone, Copy)]
pub struct Mine;

impl<'c> Executor<'c> for Mine {
    fn source(self) -> tenancy::db::Source<'c> {
        unimplemented!()
    }

    fn by_ref(&mut self) -> tenancy::db::Source<'_> {
        unimplemented!()
    }
}

pub async fn case() {

}

fn main() {}
