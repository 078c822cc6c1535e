//! Rules of the house that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest Rust file of the library, in lines without its unit tests.
const LONGEST_FILE: usize = 600;

#[test]
fn no_file_names_a_machine() {
    // Written in two halves so that this file does not name one either.
    let machine = ["wor|k/", "roo|t/", "hom|e/", "tm|p/"].map(|path| format!("/{}", path.replace('|', "")));
    check_lines(&["rs", "toml", "md", "sh", "js", "mjs", "cjs", "ts", "html", "json", ""], |line| {
        let named = machine.iter().find(|path| line.contains(path.as_str()))?;
        // A path that goes on from a name, be it a variable or a folder of the tree, is no path of a machine.
        let continues =
            line[..line.find(named.as_str())?].ends_with(|c: char| c.is_alphanumeric() || "._-}*".contains(c));
        (!continues).then(|| format!("a path of one machine, {named}"))
    });
}

#[test]
fn no_lock_file_names_where_packages_came_from() {
    for file in project_files() {
        if file.file_name().is_some_and(|name| name == "package-lock.json") {
            let text = fs::read_to_string(&file).expect("a lock file");
            assert!(!text.contains("\"resolved\": \"http"), "{}: remove the `resolved` lines", shown(&file));
        }
    }
}

#[test]
fn nothing_is_left_open() {
    let words = ["TO|DO", "FIX|ME", "db|g!(", "tod|o!(", "unimplement|ed!(", "#[igno|re"].map(|w| w.replace('|', ""));
    check_lines(&["rs", "js", "mjs", "cjs", "ts", "sh", "toml", "html", "css", ""], |line| {
        let word = words.iter().find(|word| line.contains(word.as_str()))?;
        Some(format!("`{word}`: finish it or leave it out"))
    });
}

#[test]
fn files_are_short_enough_to_read_in_one_sitting() {
    let mut faults = Vec::new();
    for file in project_files() {
        let relative = shown(&file);
        if relative.starts_with("src/") && relative.ends_with(".rs") {
            let text = fs::read_to_string(&file).expect("a source file");
            let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
            if lines > LONGEST_FILE {
                faults.push(format!("{relative}: {lines} lines without tests; cut it at a concept"));
            }
        }
    }
    assert!(faults.is_empty(), "longer than {LONGEST_FILE} lines:\n{}", faults.join("\n"));
}

/// The numbers of those lines of a manifest on which a dependency or a feature stands without a reason.
fn unexplained(manifest: &str) -> Vec<usize> {
    let (mut section, mut explained, mut faults) = (String::new(), false, Vec::new());
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            (section, explained) = (line.to_owned(), false);
        } else if line.trim().is_empty() {
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else {
            let is_asked = section.contains("dependencies") || section == "[features]";
            if is_asked && !explained && !line.starts_with("default ") {
                faults.push(number + 1);
            }
            // A comment explains the one line below it.
            explained = false;
        }
    }
    faults
}

#[test]
fn every_dependency_and_feature_says_why() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    assert_eq!(unexplained(&manifest), [], "lines of Cargo.toml: say in a comment above what each is for");
    let bad = "[features]\ndefault = []\n# Why.\ngood = []\nbad = []\n\n[dependencies]\n# Why.\n\nbad = \"1\"\n[lib]\nname = \"x\"\n";
    assert_eq!(unexplained(bad), [5, 10]);
}

#[cfg(unix)]
#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let mut scripts = 0;
    for file in project_files() {
        let relative = shown(&file);
        if relative.starts_with("scripts/") && file.extension().is_none() || relative == ".ci/run" {
            let mode = fs::metadata(&file).expect("a script").permissions().mode();
            assert!(mode & 0o111 != 0, "{relative} is not executable: chmod +x");
            assert!(fs::read_to_string(&file).is_ok_and(|text| text.starts_with("#!")), "{relative} has no `#!` line");
            scripts += 1;
        }
    }
    assert!(scripts >= 6, "only {scripts} scripts found");
}

#[test]
fn both_licences_are_there_and_named() {
    let licence = |name: &str| fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("{name} is missing"));
    assert!(licence("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    assert!(licence("LICENSE-APACHE").contains("Version 2.0, January 2004"));
    assert!(licence("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}

/// Runs `fault` on every line of every file with one of these extensions, and fails with all it finds.
fn check_lines(extensions: &[&str], fault: impl Fn(&str) -> Option<String>) {
    let mut faults = Vec::new();
    for file in project_files() {
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !extensions.contains(&extension) || file.ends_with("tests/tidy.rs") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(fault) = fault(line) {
                faults.push(format!("{}:{}: {fault}", shown(&file), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every file of the project, but what is built or installed, and data.
fn project_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(name, "target" | "pkg" | "node_modules" | ".git" | "data") {
                    folders.push(path);
                }
            } else if name != ".git" {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}
