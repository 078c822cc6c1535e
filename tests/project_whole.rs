//! Whether a project file is whole: damage is told where it is, copies are whole, and runs that failed are called so.
#![cfg(feature = "project")]

use childlink::linkage::model::Model;
use childlink::project::{Deed, NewRun, Project, RunState};
use rusqlite::Connection;
use std::path::Path;

fn deed() -> Deed {
    Deed { at: "2026-11-21T08:00:00.000Z".into(), by: "JK".into() }
}

fn begun(folder: &Path) -> Project {
    let mut project = Project::create(&folder.join("p"), &deed()).unwrap();
    project.store_model(&Model::child_health(), &deed()).unwrap();
    let parameters = serde_json::json!({});
    let run = NewRun { extracts: &[], parameters: &parameters, program: "0.1.0" };
    project.begin_run(&run, &deed()).unwrap();
    project
}

#[test]
fn damage_is_told_where_it_is() {
    for (harm, told) in [
        ("DROP TABLE audit", "table audit is not there"),
        ("DROP TRIGGER decision_stays", "trigger decision_stays"),
        ("DROP INDEX extract_current", "index extract_current"),
        (
            "DROP TRIGGER audit_kept; CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT 1; END",
            "trigger audit_kept is another",
        ),
        ("UPDATE model SET document = replace(document, '0.', '0.1')", "the model "),
        ("INSERT INTO setting VALUES ('model', 'abc')", "the model in use"),
        ("UPDATE run SET scan = x'0102030405060708090a'", "the scan of run 1"),
        ("UPDATE run SET outcome = x'01'", "the outcome of run 1"),
        ("UPDATE run SET summary = '{'", "a document of run 1"),
        ("INSERT INTO absorbed VALUES (1, x'0102', '')", "change 1 of an index"),
        ("PRAGMA foreign_keys = off; INSERT INTO run_extract (run, position, extract) VALUES (1, 0, 9)", "refers"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let project = begun(folder.path());
        project.verify().unwrap();
        drop(project);
        Connection::open(folder.path().join("p")).unwrap().execute_batch(harm).unwrap();
        let error = Project::look(&folder.path().join("p")).unwrap().verify().unwrap_err();
        assert!(error.code == "project/damaged" && error.message.contains(told), "{harm}: {error}");
    }
}

#[test]
fn what_stands_beside_the_file_is_brought_in_and_a_copy_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let project = begun(folder.path());
    assert!(project.bytes_beside() > 0, "nothing was folded in yet");
    project.copy_into(&folder.path().join("copy")).unwrap();
    project.fold();
    assert_eq!(project.bytes_beside(), 0);
    std::fs::copy(folder.path().join("p"), folder.path().join("by-hand")).unwrap();
    drop(project);
    for name in ["copy", "by-hand", "p"] {
        let project = Project::look(&folder.path().join(name)).unwrap();
        project.verify().unwrap();
        assert_eq!(project.runs().unwrap().len(), 1, "{name}");
    }
}

#[test]
fn a_run_that_failed_is_no_run_that_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut project = begun(folder.path());
    assert!(project.unfinished_run().unwrap().is_some());
    project.fail_run(1, "columns/missing", &deed()).unwrap();
    assert!(project.unfinished_run().unwrap().is_none());
    assert_eq!(project.runs().unwrap()[0].state, RunState::Failed);
    assert_eq!(project.audit().unwrap().last().unwrap().detail, "columns/missing");
    // One that got further goes on instead.
    let parameters = serde_json::json!({});
    let run = NewRun { extracts: &[], parameters: &parameters, program: "0.1.0" };
    let id = project.begin_run(&run, &deed()).unwrap();
    project.keep_model(id, &Model::child_health(), None, &deed()).unwrap();
    project.fail_run(id, "columns/missing", &deed()).unwrap();
    assert_eq!(project.unfinished_run().unwrap().map(|run| run.id), Some(id));
}
