//! The texts of statements, shared.
//!
//! A program has as many texts as it has kinds of statements: values are parameters, and a list is one parameter. So
//! each text is kept, and sqlx is given a reference to it instead of a copy. What makes texts without end (filters put
//! together by chance) evicts the ones that were not asked for again.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;

/// So many texts are kept: ten times what sqlx prepares on a connection, unless told otherwise.
const TEXTS: usize = 1000;

static CACHE: LazyLock<Cache<Arc<str>, Arc<str>>> = LazyLock::new(|| Cache::new(TEXTS));

/// The text that was kept, or is from now on.
pub(crate) fn shared(text: &str) -> Arc<str> {
    if let Some(kept) = CACHE.get(text) {
        return kept;
    }
    let text: Arc<str> = text.into();
    CACHE.insert(Arc::clone(&text), Arc::clone(&text));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_allocation() {
        let first = shared("SELECT 'once'");
        assert_eq!(&*first, "SELECT 'once'");
        assert!(Arc::ptr_eq(&first, &shared("SELECT 'once'")));
        assert!(!Arc::ptr_eq(&first, &shared("SELECT 'twice'")));
    }

    #[test]
    fn texts_without_end_do_not_fill_the_memory() {
        for i in 0..20 * TEXTS {
            assert_eq!(&*shared(&format!("SELECT {i}")), format!("SELECT {i}"));
        }
        assert!(CACHE.len() <= TEXTS + TEXTS / 10, "{} texts are kept", CACHE.len());
    }
}
