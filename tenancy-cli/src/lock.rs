//! `tenancy.lock.json`: where it is, and what it says.

use std::path::{Path, PathBuf};

use tenancy_core::schema::Outline;

use crate::failure::{self, Failure};

/// The file's name.
pub(crate) const FILE: &str = "tenancy.lock.json";

/// A lock file that was read.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) path: PathBuf,
    pub(crate) outline: Outline,
}

impl Lock {
    /// The folder of the migrations.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// The file that was named, or the one that is found. There must be one.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, Failure> {
        Self::find(named)?.ok_or_else(|| {
            Failure::new(format!("there is no {FILE} in `migrations/`, here or in a folder above"))
                .mend("name it by --lock, or write the first one: cargo tenancy generate")
        })
    }

    /// The file that was named, or the one that is found, if any.
    pub(crate) fn find(named: Option<&Path>) -> Result<Option<Self>, Failure> {
        let path = match named {
            // A folder is the folder of the migrations.
            Some(named) if named.is_dir() => Some(named.join(FILE)),
            Some(named) => Some(named.to_owned()),
            None => found()?,
        };
        let Some(path) = path else { return Ok(None) };
        let text = std::fs::read_to_string(&path).map_err(failure::io(&path))?;
        let outline = Outline::from_lock(&text)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok(Some(Self { path, outline }))
    }
}

/// In the folder `migrations` or here: in this folder, and upwards as far as the root of the repository.
fn found() -> Result<Option<PathBuf>, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::new(format!("this folder: {error}")))?;
    for folder in here.ancestors() {
        for path in [folder.join("migrations").join(FILE), folder.join(FILE)] {
            if path.is_file() {
                return Ok(Some(path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path)));
            }
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}
