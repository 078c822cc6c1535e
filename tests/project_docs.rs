//! The commands of docs/project.md do what it says, in its order.
#![cfg(all(feature = "cli", unix))]

use std::path::Path;
use std::process::Command;

#[test]
fn the_commands_of_the_page_run_in_its_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/project.md")).expect("docs/project.md");
    let blocks: Vec<&str> =
        page.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or(rest)).collect();
    assert!(blocks.len() > 5, "blocks of commands");
    let folder = tempfile::tempdir().expect("a folder");
    let binary = Path::new(env!("CARGO_BIN_EXE_childlink")).parent().expect("a folder of the binary");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    for block in blocks {
        let ran = Command::new("sh").args(["-ec", block]).current_dir(folder.path()).env("PATH", &path).output();
        let output = ran.expect("a shell");
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    // By hand, with what was exported, it comes to the children of the project.
    let children = |name: &str| std::fs::read(folder.path().join(name)).expect("a file of children");
    assert!(children("by-hand/children.csv") == children("linked/children.csv"));
}

#[test]
fn every_command_of_a_project_shows_an_example() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_childlink")).args(arguments).output().expect("childlink starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let all = help(&["project", "--help"]);
    for command in ["init", "add", "run", "status", "decide", "undo", "export", "copy", "publish", "absorb"] {
        assert!(all.contains(&format!("  {command} ")), "{command}");
        let own = help(&["project", command, "--help"]);
        assert!(own.contains("Example") && own.contains(&format!("childlink project {command} ")), "{command}");
        assert!(own.contains("--json"), "{command}");
    }
}
