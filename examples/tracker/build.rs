//! `sqlx::migrate!` reads its folder while it compiles, and stable Rust does not see that a file was added to it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
