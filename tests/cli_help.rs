//! Help that teaches: every command has examples, a manual page and completions; `childlink doctor` says what is wrong.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

fn childlink(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink")).args(arguments).output().expect("childlink starts")
}

fn text(arguments: &[&str]) -> String {
    let output = childlink(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The commands below a command, as its help lists them.
fn below(command: &[String]) -> Vec<Vec<String>> {
    let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    arguments.push("--help");
    let help = text(&arguments);
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| {
        // Descriptions that go on stand further in.
        let name = line.strip_prefix("  ")?.split_whitespace().next()?;
        (!line.starts_with("    ") && name != "help").then(|| name.to_owned())
    });
    names.map(|name| [command, &[name]].concat()).collect()
}

/// Every command and subcommand.
fn commands() -> Vec<Vec<String>> {
    let mut all = below(&[]);
    assert!(all.len() >= 18, "{all:?}");
    let nested: Vec<Vec<String>> = all.iter().flat_map(|command| below(command)).collect();
    all.extend(nested);
    all
}

#[test]
fn every_command_teaches_by_examples_that_are_commands() {
    let known: BTreeSet<Vec<String>> = commands().into_iter().collect();
    for command in &known {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = text(&arguments);
        let examples: Vec<&str> = help.lines().map(str::trim).filter(|line| line.starts_with("childlink ")).collect();
        let own = format!("childlink {}", command.join(" "));
        assert!(examples.iter().any(|line| line.starts_with(&own)), "{own} --help shows no example of its own");
        for example in examples {
            let words: Vec<String> = example.split_whitespace().skip(1).take(2).map(str::to_owned).collect();
            let one = words[..1].to_vec();
            assert!(known.contains(&words) || known.contains(&one), "{own} --help: no such command: {example}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    text(&["man", "--out", folder.path().to_str().expect("plain letters")]);
    for command in commands() {
        let name = format!("childlink-{}.1", command.join("-"));
        let page = fs::read_to_string(folder.path().join(&name)).unwrap_or_else(|_| panic!("{name} is missing"));
        assert!(page.contains(".TH") && page.contains(".SH SYNOPSIS") && page.contains(".SH DESCRIPTION"), "{name}");
        // What stands below the options in the help: the examples.
        assert!(page.contains(".SH EXTRA") && page.contains("childlink "), "{name} shows no example");
    }
}

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&["completions", shell]);
        for command in commands() {
            let last = command.last().expect("a name");
            assert!(script.contains(last.as_str()), "{shell} does not complete {}", command.join(" "));
        }
    }
    // Bash itself reads its script, and completes by it.
    let script = tempfile::NamedTempFile::new().expect("a scratch file");
    fs::write(script.path(), text(&["completions", "bash"])).expect("written");
    let ask = format!(
        "source {} && COMP_WORDS=(childlink tr) && COMP_CWORD=1 && _childlink childlink tr childlink && echo \"${{COMPREPLY[@]}}\"",
        script.path().display()
    );
    let output = Command::new("bash").args(["-c", &ask]).output().expect("bash");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("train") && told.contains("trace"), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_doctor_finds_a_sound_installation_sound() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let out = folder.path().join("results");
    let told = childlink(&["doctor", "--out", out.to_str().expect("plain letters"), "--json"]);
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).expect("one JSON object");
    let state = |name: &str| {
        let checks = told["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}"));
        check["state"].as_str().expect("a state").to_owned()
    };
    for name in ["NHS numbers", "linkage", "column lists", "model", "folder for results"] {
        assert_eq!(state(name), "well", "{name}");
    }
    // What is unconfirmed is said.
    for name in ["schedule", "trace layout", "best-record rules"] {
        assert_eq!(state(name), "note", "{name}");
    }
    assert!(!out.exists(), "the doctor leaves nothing behind");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let broken = folder.path().join("model.json");
    fs::write(&broken, "{}").expect("written");
    let broken = broken.to_str().expect("plain letters");
    for (arguments, words) in [
        (vec!["doctor", "--model", broken], "model"),
        (vec!["doctor", "--records", "900000000000"], "memory"),
        (vec!["doctor", "--out", "/proc/childlink/results"], "folder for results"),
        (vec!["doctor", "--out", "/proc"], "cannot be written to"),
    ] {
        let output = childlink(&arguments);
        let (told, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}{error}");
        assert!(told.contains("wrong") && told.contains(words), "{arguments:?}: {told}");
        assert!(error.contains("doctor/wrong"), "{error}");
    }
}
