//! The tutorial's commands do what it says, from first extract to index.
#![cfg(all(feature = "cli", unix))]

use std::path::Path;
use std::process::Command;

#[test]
fn every_command_of_the_tutorial_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/tutorial.md")).expect("docs/tutorial.md");
    let blocks: Vec<&str> =
        page.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or(rest)).collect();
    assert!(blocks.len() >= 9, "{} blocks of commands", blocks.len());

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
    for file in [
        "linked/report.html",
        "linked-2/changes.csv",
        "compared.html",
        "request/request.csv",
        "request/keys.csv",
        "best/best.csv",
        "best/history.csv",
        "children.index",
        "found.csv",
        "linked-project/children.csv",
    ] {
        assert!(folder.path().join(file).is_file(), "the tutorial speaks of {file}");
    }
    // What it says of the results.
    assert!(told.contains("children that were joined"), "two runs were compared");
    let rows = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a table").lines().count() - 1;
    let mut serials: Vec<String> = std::fs::read_to_string(folder.path().join("linked-2/children.csv"))
        .expect("children")
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap_or_default().to_owned())
        .collect();
    serials.sort();
    serials.dedup();
    assert_eq!(rows("best/best.csv"), serials.len(), "one best record for every child");
    assert!(rows("linked-2/changes.csv") >= 1, "the decision joined two records");
}
