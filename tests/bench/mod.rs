//! A scratch folder in which tests of the command line run it. A test adds the ways of its own subject to [`Bench`].

#![allow(dead_code, reason = "each test uses its own part")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A row of a delimited file by its header.
pub(crate) type Row = BTreeMap<String, String>;

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn empty() -> Bench {
        Bench { folder: tempfile::tempdir().expect("a scratch folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap_or_else(|cause| panic!("{name}: {cause}"));
    }

    pub(crate) fn rows(&self, name: &str) -> Vec<Row> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"));
        reader.deserialize().map(|row| row.expect("a row of the file")).collect()
    }

    /// The built-in model said to be trained, so that its numbers are used as they are.
    pub(crate) fn write_trained_model(&self, name: &str) {
        let mut model = childlink::linkage::model::Model::child_health();
        model.provenance.trained_on_records = 1;
        self.write(name, model.to_json());
    }

    /// Records of so many children from three sources with many slips, in `population`.
    pub(crate) fn populate(&self, children: u32, seed: u32) {
        let (children, seed) = (children.to_string(), seed.to_string());
        let slips = ["synth", "--sources", "3", "--noise", "3", "--out", "population"];
        self.ok(&[&slips[..], &["--children", &children, "--seed", &seed][..]].concat());
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"))
    }

    /// A run that is not begun yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_childlink"));
        command.current_dir(self.folder.path()).args(arguments).env_remove("PGPASSWORD");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("childlink starts")
    }

    /// What a run that must succeed says.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What a run that must be refused as unusable says.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        told
    }

    /// The error of a run that must be refused as unusable.
    pub(crate) fn error(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["error"].clone()
    }
}
