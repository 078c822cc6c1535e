//! Imports point down only: reads every `crate::` and `super::` path of the library and fails on one
//! that climbs, and on one that brings the world (clock, file, network, log, chance) into the core.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the library, and those below it that it may name. Printed in ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("order", &[]),
    ("date", &["error"]),
    ("text", &["error"]),
    ("identity", &["error", "order", "date", "text"]),
    ("linkage", &["error", "order", "date", "text", "identity"]),
    ("index", &["error", "order", "date", "text", "identity", "linkage"]),
    ("notification", &["error", "order", "date", "text", "identity", "linkage", "index"]),
    ("schedule", &["error", "order", "date"]),
    ("schedule::due_list", &["error", "order", "date", "identity"]),
    ("exchange", CORE),
    ("synth", CORE_AND_EXCHANGE),
    ("report", CORE_AND_EXCHANGE),
    ("project", CORE_AND_EXCHANGE),
    ("shape", EVERYTHING_PUBLIC),
    ("wasm", EVERYTHING_PUBLIC),
    ("c_api", EVERYTHING_PUBLIC),
];
const CORE: &[&str] = &["error", "order", "date", "text", "identity", "linkage", "index", "notification", "schedule"];
const CORE_AND_EXCHANGE: &[&str] =
    &["error", "order", "date", "text", "identity", "linkage", "index", "notification", "schedule", "exchange"];
const EVERYTHING_PUBLIC: &[&str] = &[
    "error",
    "date",
    "text",
    "identity",
    "linkage",
    "index",
    "notification",
    "schedule",
    "exchange",
    "synth",
    "report",
    "project",
];
/// The shells, which also share the shapes of the data that they hand out.
const SHELLS: &[&str] = &["wasm", "c_api"];

/// What only a shell may touch, and why the core may not.
const OF_THE_WORLD: &[(&str, &str)] = &[
    ("std::time", "the core has no clock: take `as_at` as an argument"),
    ("SystemTime", "the core has no clock: take `as_at` as an argument"),
    ("Instant::now", "the core has no clock: time it in a bench"),
    ("std::fs", "the core opens no file: take bytes or a reader"),
    ("std::net", "the core has no network"),
    ("std::env", "the core reads no environment: take an argument"),
    ("std::process", "the core starts and ends no process"),
    ("println!", "the core prints nothing: return a value"),
    ("eprintln!", "the core logs nothing: return a finding"),
    ("getrandom", "the core draws no chance of its own: take a seed or a key"),
];
/// `project` keeps a file on disk by its nature; the shells are the world.
const WORLDLY: &[&str] = &["project", "wasm", "c_api"];

#[test]
fn imports_point_down_only() {
    let reexports = reexports(&fs::read_to_string(source_root().join("lib.rs")).expect("src/lib.rs"));
    let mut faults = Vec::new();
    for file in library_files() {
        let here = module_path(&file);
        let text = production_code(&fs::read_to_string(&file).expect("a source file"));
        for (line, mut target) in named_paths(&text, &here) {
            if let Some((_, module)) = reexports.iter().find(|(name, _)| *name == target) {
                target.clone_from(module);
            }
            if let Err(rule) = check(&here, &target) {
                faults.push(format!("{}:{line}: {rule}", shown(&file)));
            }
        }
    }
    assert!(faults.is_empty(), "the layering of ARCHITECTURE.md is broken:\n{}", faults.join("\n"));
}

#[test]
fn the_core_is_pure() {
    let mut faults = Vec::new();
    for file in library_files() {
        if WORLDLY.contains(&module_path(&file)[0].as_str()) {
            continue;
        }
        let text = production_code(&fs::read_to_string(&file).expect("a source file"));
        for (number, line) in text.lines().enumerate() {
            for (word, rule) in OF_THE_WORLD {
                if line.contains(word) {
                    faults.push(format!("{}:{}: `{word}`: {rule}", shown(&file), number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "the core is not pure:\n{}", faults.join("\n"));
}

/// Whether the module at `here` may name the top-level module `target`.
fn check(here: &[String], target: &str) -> Result<(), String> {
    let top = &here[0];
    if top == target {
        return Ok(());
    }
    let longest = here.iter().take(2).cloned().collect::<Vec<_>>().join("::");
    let rule = [&longest, top].into_iter().find_map(|name| MAY_USE.iter().find(|(module, _)| module == name));
    match rule {
        None => Err(format!("module `{top}` has no place in the layering: add it to tests/layering.rs")),
        Some((_, allowed)) if allowed.contains(&target) => Ok(()),
        Some(_) if target == "shape" && SHELLS.contains(&top.as_str()) => Ok(()),
        Some((module, allowed)) => {
            Err(format!("`{module}` names `{target}`, but may only use: {}", allowed.join(", ")))
        }
    }
}

/// Every top-level module named in the text by `crate::x` or by enough `super::`, with its line.
fn named_paths(text: &str, here: &[String]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let line_of = |at: usize| 1 + text[..at].matches('\n').count();
    let first_names = |rest: &str| rest.strip_prefix('{').map_or_else(|| vec![identifier(rest)], group_members);
    for (at, root) in text.match_indices("crate::").filter(|(at, _)| starts_a_path(text, *at)) {
        found.extend(first_names(&text[at + root.len()..]).into_iter().map(|name| (line_of(at), name)));
    }
    for (at, _) in text.match_indices("super::").filter(|(at, _)| starts_a_path(text, *at)) {
        let mut rest = &text[at..];
        let mut climbed = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, climbed) = (after, climbed + 1);
        }
        if climbed == here.len() {
            found.extend(first_names(rest).into_iter().map(|name| (line_of(at), name)));
        }
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

/// The first identifier of each member of a `{...}` group, whose opening brace has been read.
fn group_members(text: &str) -> Vec<String> {
    let (mut depth, mut members, mut start) = (0, Vec::new(), 0);
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                members.push(identifier(text[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    members
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn starts_a_path(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$')
}

/// The names that lib.rs re-exports at the root, with the module each comes from.
fn reexports(lib: &str) -> Vec<(String, String)> {
    lib.lines()
        .filter_map(|line| line.trim().strip_prefix("pub use ")?.strip_suffix(';')?.split_once("::"))
        .flat_map(|(module, names)| {
            let names = names.rsplit("::").next().unwrap_or(names);
            names.trim_matches(['{', '}']).split(',').map(move |name| (identifier(name.trim()), module.to_owned()))
        })
        .collect()
}

/// The text without its unit tests (they come last) and with comments blanked, line numbers kept.
fn production_code(text: &str) -> String {
    let text = text.find("#[cfg(test)]\nmod ").map_or(text, |end| &text[..end]);
    let blank = |line: &str| match line.find("//") {
        Some(start) if !line[..start].contains('"') => line[..start].to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(blank).collect::<Vec<_>>().join("\n")
}

/// `src/identity/name.rs` is `[identity, name]`, `src/identity/mod.rs` is `[identity]`.
fn module_path(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source_root()).expect("a file below src").with_extension("");
    let mut path: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn shown(file: &Path) -> String {
    file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(file).display().to_string()
}

/// Every file of the library but its front door and files of tests. The command line is a crate of
/// its own and sees only what is public.
fn library_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![source_root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder below src") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path != source_root().join("bin") && !path.ends_with("tests") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path != source_root().join("lib.rs")
                && !path.ends_with("tests.rs")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The reader of paths itself: what it must and must not see.
#[test]
fn paths_are_read_as_rust_reads_them() {
    let here = ["identity".to_owned(), "name".to_owned()];
    let read = |text: &str| {
        let names = named_paths(&production_code(text), &here).into_iter();
        names.map(|(line, name)| format!("{line}:{name}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(read("use crate::date::Date;\nlet x = crate::linkage::f();"), "1:date 2:linkage");
    assert_eq!(read("use crate::{date::{Date, Age}, error::Finding, Error};"), "1:date 1:error 1:Error");
    assert_eq!(read("use super::column::Column;\nuse super::super::linkage::x;"), "2:linkage");
    assert_eq!(read("// crate::linkage\n/// [`crate::linkage`]\n$crate::linkage"), "");
    assert_eq!(read("use crate::date;\n#[cfg(test)]\nmod tests { use crate::linkage; }"), "1:date");
    assert_eq!(reexports("pub use error::{Error, Finding};")[1], ("Finding".to_owned(), "error".to_owned()));
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
    assert!(check(&module("linkage::score"), "schedule").is_err());
    assert!(check(&module("schedule::evaluate"), "linkage").is_err());
    assert!(check(&module("schedule::evaluate"), "identity").is_err());
    assert!(check(&module("schedule::due_list"), "identity").is_ok());
    assert!(check(&module("identity::name"), "exchange").is_err());
    assert!(check(&module("identity::name"), "identity").is_ok());
}
