//! [`Project`]: a contender's crate on the disk, and what is done to it between two checks.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;

use super::contender::Contender;
use super::table::Table;

/// A crate with a workspace of its own, written anew by each run, so that it does not matter how the last one ended.
/// Its lock file stays.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) contender: &'static Contender,
    pub(super) folder: PathBuf,
    /// The table whose description changes.
    changing: Table,
}

impl Project {
    /// Writes `<scratch>/<contender>/`.
    pub(super) fn write(
        contender: &'static Contender,
        scratch: &Path,
        repository: &Path,
        entities: usize,
    ) -> anyhow::Result<Self> {
        let folder = scratch.join(contender.id);
        let source = folder.join("src");
        if source.exists() {
            fs::remove_dir_all(&source).with_context(|| format!("cannot remove {}", source.display()))?;
        }
        fs::create_dir_all(&source).with_context(|| format!("cannot create {}", source.display()))?;

        let manifest = format!(
            "[workspace]\n\n[package]\nname = \"compiled-{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{}",
            contender.id,
            (contender.dependencies)(repository)
        );
        write(&folder.join("Cargo.toml"), &manifest)?;

        let tables: Vec<_> = (0..entities).map(|number| Table { number, revised: false }).collect();
        let modules: String = tables.iter().map(|table| format!("pub mod {};\n", table.name())).collect();
        write(&source.join("lib.rs"), &format!("{modules}\n{}", (contender.root)(&tables)))?;

        let changing = Table { number: entities / 2, revised: false };
        let project = Self { contender, folder, changing };
        for table in tables {
            project.describe(table)?;
        }
        Ok(project)
    }

    /// Makes cargo check the crate again.
    pub(super) fn touch(&self) -> anyhow::Result<()> {
        let root = self.folder.join("src/lib.rs");
        File::options()
            .append(true)
            .open(&root)
            .and_then(|root| root.set_modified(SystemTime::now()))
            .with_context(|| format!("cannot touch {}", root.display()))
    }

    /// Gives a column of one table its other name.
    pub(super) fn revise(&mut self) -> anyhow::Result<()> {
        self.changing.revised = !self.changing.revised;
        self.describe(self.changing)
    }

    /// Writes the module of a table.
    fn describe(&self, table: Table) -> anyhow::Result<()> {
        let file = self.folder.join("src").join(table.name()).with_extension("rs");
        write(&file, &(self.contender.module)(table))
    }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
