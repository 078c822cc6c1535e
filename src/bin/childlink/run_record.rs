//! `run.json`: what a run was told and what it took. The one result file that differs from run to run.

use crate::input::Inputs;
use childlink::linkage::parallel;
use serde_json::{Map, Value, json};
use std::fs;

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
