//! PostgreSQL's client programs, of the server's major version or a later one.

use std::path::PathBuf;

/// The path of `pg_dump`, say.
pub fn program(name: &str) -> PathBuf {
    let beside = std::env::var_os("TENANCY_POSTGRES_BIN").map(PathBuf::from);
    let debian = (15..30).rev().map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")));
    let path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut folders = beside.into_iter().chain(debian).chain(path.into_iter().flatten());
    folders
        .find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()))
        .unwrap_or_else(|| panic!("{name} is missing: install PostgreSQL's client programs"))
}
