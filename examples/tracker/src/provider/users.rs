//! Names and passwords: of a password nothing but its Argon2id hash.

use std::collections::HashMap;
use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::{Result, random};

pub(super) struct Users {
    /// As PHC strings.
    hashes: HashMap<String, Arc<str>>,
    /// Of a password that nobody has: what is checked for a name that nobody has, so that both take as long.
    nobody: Arc<str>,
    argon2: Argon2<'static>,
}

impl Users {
    pub(super) async fn register(users: &[(&str, &str)], cost: Params) -> Result<Self> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
        let mut hashes = HashMap::new();
        for (name, password) in users {
            hashes.insert((*name).to_owned(), hash(&argon2, (*password).to_owned()).await?);
        }
        Ok(Self { hashes, nobody: hash(&argon2, random::text()?).await?, argon2 })
    }

    /// Whether there is such a user with this password.
    pub(super) async fn knows(&self, name: &str, password: String) -> Result<bool> {
        let known = self.hashes.get(name);
        let hash = Arc::clone(known.unwrap_or(&self.nobody));
        // It takes long on purpose, and must not hold up everybody else.
        let argon2 = self.argon2.clone();
        let same =
            tokio::task::spawn_blocking(move || argon2.verify_password(password.as_bytes(), &*hash).is_ok());
        Ok(same.await? && known.is_some())
    }
}

async fn hash(argon2: &Argon2<'static>, password: String) -> Result<Arc<str>> {
    let argon2 = argon2.clone();
    tokio::task::spawn_blocking(move || {
        let hash = argon2.hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
        Ok(hash.to_string().into())
    })
    .await?
}
