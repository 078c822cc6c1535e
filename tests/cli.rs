//! The command line as its users meet it: streams, exit codes, help.

use std::process::{Command, Output};

fn childlink(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink")).args(arguments).output().expect("childlink starts")
}

#[test]
fn wrong_usage_is_exit_code_2_with_the_reason_on_standard_error() {
    let output = childlink(&["no-such-command"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-command"));
}

#[test]
fn help_is_on_standard_output_and_names_the_exit_codes() {
    let output = childlink(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Exit codes: 0 done"));
}

#[test]
fn completions_and_manual_page_are_generated() {
    let completions = childlink(&["completions", "bash"]);
    assert!(String::from_utf8_lossy(&completions.stdout).contains("_childlink"));
    let manual = childlink(&["man"]);
    assert!(String::from_utf8_lossy(&manual.stdout).contains(".TH childlink"));
}
