//! `docs/clinical-safety.md` holds what it says: every hazard has controls, and every control names a test that is
//! there.

use std::fs;
use std::path::Path;

/// The tests that a line names, as `file::test`.
fn named(line: &str) -> Vec<(&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).filter(|(file, _)| file.ends_with(".rs")).collect()
}

/// Whether a file of the project has a test of this name: a function under `#[test]`, or within `proptest!`.
fn has_test(text: &str, name: &str) -> bool {
    let heading = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().filter(|(_, line)| line.starts_with(&heading)).any(|(place, _)| {
        lines[..place].iter().rev().take_while(|line| line.starts_with('#')).any(|line| *line == "#[test]")
    })
}

#[test]
fn every_control_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/clinical-safety.md")).expect("docs/clinical-safety.md");
    let (mut controls, mut faults) = (0, Vec::new());
    for line in page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| control") && !line.starts_with("| ---"))
    {
        let tests = named(line);
        if tests.is_empty() {
            faults.push(format!("names no test: {line}"));
        }
        for (file, test) in tests {
            controls += 1;
            match fs::read_to_string(root.join(file)) {
                Ok(text) if has_test(&text, test) => {}
                Ok(_) => faults.push(format!("{file} has no test {test}")),
                Err(_) => faults.push(format!("there is no {file}")),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(controls > 40, "{controls}");
}

#[test]
fn every_hazard_has_a_control() {
    let page = include_str!("../docs/clinical-safety.md");
    let hazards: Vec<&str> = page.split("\n### ").skip(1).collect();
    assert!(hazards.len() >= 9);
    for hazard in hazards {
        let heading = hazard.lines().next().unwrap_or_default();
        let own = hazard.split("\n## ").next().unwrap_or_default();
        assert!(own.lines().filter(|line| !named(line).is_empty()).count() >= 3, "{heading}");
    }
    assert!(page.contains("## Intended use") && page.contains("Left to the deployer"));
}

#[test]
fn the_reader_of_tests_sees_tests_and_nothing_else() {
    assert_eq!(named("| x | `tests/a.rs::b` and `c` |"), [("tests/a.rs", "b")]);
    assert!(has_test("#[test]\nfn a() {", "a") && has_test("  #[test]\n  fn a(x in 0..1) {", "a"));
    assert!(!has_test("fn a() {", "a") && !has_test("#[test]\nfn ab() {", "a") && !has_test("// fn a(", "a"));
}
