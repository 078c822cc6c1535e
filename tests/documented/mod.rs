//! Runs the commands of a page of the documentation, in its order.

#![allow(dead_code, reason = "each test uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the commands of a page came to.
pub(crate) struct Documented {
    folder: tempfile::TempDir,
    /// All that they printed.
    pub(crate) told: String,
}

impl Documented {
    /// Runs every block of commands of a page, of which it has so many at least, in a folder that has the sample
    /// records.
    pub(crate) fn run(page: &str, blocks_at_least: usize) -> Documented {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(root.join(page)).unwrap_or_else(|cause| panic!("{page}: {cause}"));
        let blocks: Vec<&str> =
            text.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or(rest)).collect();
        assert!(blocks.len() >= blocks_at_least, "{page}: {} blocks of commands", blocks.len());

        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(root.join("data"), folder.path().join("data")).expect("a link to the sample");
        let binary = Path::new(env!("CARGO_BIN_EXE_childlink")).parent().expect("a folder of the binary");
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
        let mut told = String::new();
        for block in blocks {
            let ran = Command::new("sh").args(["-ec", block]).current_dir(folder.path()).env("PATH", &path).output();
            let output = ran.expect("a shell");
            assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
            told += &String::from_utf8_lossy(&output.stdout);
        }
        Documented { folder, told }
    }

    /// A file that the commands may have written.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"))
    }
}
