use ui_tests::*;

pub struct Mine;

impl tenancy::auth::Verifier for Mine {
    async fn verify(&self, _: &str) -> Result<tenancy::auth::Verified, tenancy::AuthError> {
        Err(tenancy::AuthError::Refused)
    }
}

pub async fn case() {
    drop(tenancy::danger::authority(Mine, tenancy::danger::Reason::new("a test")));
}
