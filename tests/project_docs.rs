//! The commands of docs/project.md do what it says, in its order.
#![cfg(all(feature = "cli", unix))]

mod documented;

use documented::Documented;
use std::process::Command;

#[test]
fn the_commands_of_the_page_run_in_its_order() {
    let page = Documented::run("docs/project.md", 6);
    // By hand, with what was exported, it comes to the children of the project.
    assert!(page.text("by-hand/children.csv") == page.text("linked/children.csv"));
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
