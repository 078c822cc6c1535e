//! The README's commands do what it says. Its Rust examples are documentation tests of the library, its JavaScript
//! runs in `tests/js/readme.test.js`.
#![cfg(all(feature = "cli", unix))]

use std::path::Path;
use std::process::Command;

#[test]
fn the_commands_of_the_readme_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let blocks: Vec<&str> =
        readme.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or(rest)).collect();
    assert!(!blocks.is_empty(), "no block of commands");

    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(root.join("data"), folder.path().join("data")).expect("a link to the sample");
    let binary = Path::new(env!("CARGO_BIN_EXE_childlink")).parent().expect("a folder of the binary");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    for block in blocks {
        let ran = Command::new("sh").args(["-ec", block]).current_dir(folder.path()).env("PATH", &path).output();
        let output = ran.expect("a shell");
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(folder.path().join("linked/children.csv").exists());
}
