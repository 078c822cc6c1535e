//! `run.json`: what a run was told and what it took. The one result file that differs from run to run.

use crate::claims::reads;
use crate::digest::Told;
use crate::input::Inputs;
use crate::output::cannot_read;
use childlink::Error;
use childlink::linkage::parallel;
use serde_json::{Map, Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The record of a run; `lists` tells where its lists are.
pub(crate) fn of_run(inputs: &Inputs, lists: Value, phases: &[(&'static str, f64)], total: f64, seed: u64) -> Value {
    let mut seconds: Map<String, Value> = phases.iter().map(|(name, s)| ((*name).to_owned(), json!(s))).collect();
    seconds.insert("total".to_owned(), json!(total));
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "threads": parallel::thread_count(),
        "seed": seed,
        "seconds": seconds,
        "peak_memory_mib": peak_memory_mib(),
        "inputs": inputs.record(),
        "lists": lists,
    })
}

/// The most memory that this process has held, where the system tells.
fn peak_memory_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// By what records became children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A model of childlink.
    Children,
    /// A Splink model.
    Splink,
    /// The steps of the Master Person Service.
    Steps,
}

/// What kind of run a folder holds.
pub(crate) fn kind(folder: &Path) -> Kind {
    let text = fs::read_to_string(folder.join("summary.json")).unwrap_or_default();
    let summary: Value = serde_json::from_str(&text).unwrap_or_default();
    match &summary["linkage"] {
        linkage if linkage["policy"] == "mps" => Kind::Steps,
        linkage if linkage["model"]["sql_dialect"].is_string() => Kind::Splink,
        _ => Kind::Children,
    }
}

/// Sees that a run weighed pairs by a model.
///
/// # Errors
/// `run/of-steps`.
pub(crate) fn has_model(folder: &Path) -> Result<(), Error> {
    if kind(folder) != Kind::Steps {
        return Ok(());
    }
    Err(Error::new(
        "run/of-steps",
        format!("{} is a run by the steps of the Master Person Service: no model weighed its pairs", folder.display()),
        "traces.csv tells the step and the code of every record; for weights, best records and a report link without --policy",
    ))
}

/// Sees that a run was one of records of children, by a model of childlink.
///
/// # Errors
/// `run/of-splink`, `run/of-steps`.
pub(crate) fn is_of_children(folder: &Path) -> Result<(), Error> {
    has_model(folder)?;
    if kind(folder) != Kind::Splink {
        return Ok(());
    }
    Err(Error::new(
        "run/of-splink",
        format!("{} is a run by a Splink model, of records of any columns", folder.display()),
        "this is for records of children, linked by a model of childlink; `explain`, `evaluate`, `sample` and `report` read the run",
    ))
}

/// Sees that the files of a folder are those of one run, and answers its record; `Null` for tables that no run wrote.
/// Runs of earlier versions kept no checksums, and are taken as they are.
///
/// # Errors
/// `run/incomplete`, `explain/run`, `input/cannot-read`, `output/is-input`.
pub(crate) fn whole(folder: &Path) -> Result<Value, Error> {
    let path = folder.join("run.json");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            // What a project exports, and tables that were made by hand, have no record.
            let was_run = folder.join("summary.json").exists() && !folder.join("audit.csv").exists();
            return if was_run { Err(incomplete(folder, "has no run.json")) } else { Ok(Value::Null) };
        }
        Err(cause) => return Err(cannot_read(&path, &cause)),
    };
    reads(&path)?;
    let run: Value = serde_json::from_str(&text).map_err(|_| {
        Error::new(
            "explain/run",
            format!("{} cannot be read", path.display()),
            "name a folder that `childlink link` wrote",
        )
    })?;
    for (name, told) in run["files"].as_object().into_iter().flatten() {
        let path = folder.join(name);
        let told = Told::from_json(told);
        match Told::of_file(&path) {
            Ok(now) if told.is_none_or(|told| told == now) => {}
            Ok(_) => return Err(incomplete(folder, &format!("holds another {name} than its run wrote"))),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                return Err(incomplete(folder, &format!("lacks {name}")));
            }
            Err(cause) => return Err(cannot_read(&path, &cause)),
        }
    }
    Ok(run)
}

fn incomplete(folder: &Path, what: &str) -> Error {
    Error::new(
        "run/incomplete",
        format!(
            "{} {what}: the run was cut off while it put its files in place, or they were changed",
            folder.display()
        ),
        "link again into the folder; a project goes on with `childlink project run FILE --resume`",
    )
}

/// A path as it is kept: as text, or where it is none, by its bytes.
pub(crate) fn of_path(path: &Path) -> Value {
    match path.to_str() {
        Some(text) => json!(text),
        None => {
            let bytes = path.as_os_str().as_encoded_bytes().iter().map(|byte| format!("{byte:02x}"));
            json!({"shown": path.display().to_string(), "bytes": bytes.collect::<String>()})
        }
    }
}

/// The path that was kept.
pub(crate) fn path_of(kept: &Value) -> Option<PathBuf> {
    if let Some(text) = kept.as_str() {
        return Some(PathBuf::from(text));
    }
    let bytes = childlink::exchange::lists::hexadecimal(kept["bytes"].as_str()?)?;
    named(bytes)
}

#[cfg(unix)]
fn named(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn named(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}
