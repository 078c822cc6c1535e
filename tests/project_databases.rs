//! A database as an extract of a project: read anew by every run, its password kept nowhere.

mod bench;
#[cfg(unix)]
#[path = "postgres/mod.rs"]
mod postgres_of_tests;

use bench::Bench;
use rusqlite::Connection;
use serde_json::Value;
use std::fs;
use std::process::Output;

const COLUMNS: &str = "id text, nhs text, forename text, surname text, sex text, dob text, postcode text";

/// NHS numbers that pass Modulus 11 (NHS Data Model and Dictionary).
const FIRST: &str = "INSERT INTO children VALUES
    ('1', '9434765919', 'Amara', 'Okafor', 'F', '2020-03-04', 'N4 2AB'),
    ('2', '4010232137', 'Ben', 'Lee', 'M', '2021-07-19', 'LS1 4AP'),
    ('3', NULL, 'Carla', 'Quillfeather', 'F', '2019-11-02', 'M1 1AE');";
/// The register, whose columns need a list of spellings.
const QUERY: &str = "gp=SELECT id AS who, nhs AS nhs_number, forename, surname, sex, dob, postcode FROM children";
const FILE: &str = "record_id,nhs_number,given_name,family_name,sex,birth_date,postcode\n\
    a,9434765919,Amara,Okafor,F,2020-03-04,N4 2AB\nb,4010232137,Ben,Lee,M,2021-07-19,LS1 4AP\n";

impl Bench {
    fn begun() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        fs::write(bench.path("school.csv"), FILE).expect("written");
        fs::write(bench.path("own.toml"), "[columns]\nrecord_id = [\"who\", \"record_id\"]\n").expect("written");
        bench.ok(&["project", "init", "p.childlink"]);
        bench
    }

    /// Runs with this variable in the environment.
    fn run_with(&self, variable: (&str, &str), arguments: &[&str]) -> Output {
        self.command(arguments).env(variable.0, variable.1).output().expect("childlink starts")
    }

    fn json_with(&self, variable: (&str, &str), arguments: &[&str]) -> Value {
        let output = self.run_with(variable, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }

    /// What a database extract must do, whatever the database: `change` changes it by SQL.
    fn goes_round(&self, url: &str, variable: (&str, &str), change: &mut dyn FnMut(&str)) {
        let run = |arguments: &[&str]| self.json_with(variable, arguments);
        let database = format!("gp={url}");
        let add = ["project", "add", "p.childlink", "--source", "school=school.csv", "--database", &database];
        let told =
            run(&[&add[..], &["--query", QUERY, "--columns", "own.toml", "--password-env", variable.0]].concat());
        assert_eq!(told["extracts_new"], 2);
        let out = ["project", "run", "p.childlink", "--model", "model.json", "--out", "linked"];
        run(&out);
        assert_eq!(
            self.text("linked/children.csv"),
            "source,record_id,child_id\ngp,1,1\ngp,2,2\ngp,3,3\nschool,a,1\nschool,b,2\n"
        );
        // It is what link comes to.
        let link = ["link", "--source", "school=school.csv", "--database", &database, "--query", QUERY];
        let with_password = self.run_with(
            ("PGPASSWORD", variable.1),
            &[&link[..], &["--columns", "own.toml", "--model", "model.json", "--out", "plain"]].concat(),
        );
        assert!(with_password.status.success(), "{}", String::from_utf8_lossy(&with_password.stderr));
        for name in ["children.csv", "links.csv", "review.csv", "quarantine.csv"] {
            assert_eq!(self.text(&format!("linked/{name}")), self.text(&format!("plain/{name}")), "{name}");
        }
        // The same rows in another order are the same.
        change(
            "CREATE TABLE again AS SELECT * FROM children; DELETE FROM children; INSERT INTO children SELECT * FROM again ORDER BY id DESC; DROP TABLE again;",
        );
        let same = run(&["project", "run", "p.childlink", "--out", "linked"]);
        assert_eq!(same["project"]["unchanged_records"], 5);
        // What was decided is about a record that changes.
        let pair = ["--pair", "gp", "2", "school", "b", "--verdict", "same"];
        run(&[&["project", "decide", "p.childlink", "--by", "JK"], &pair[..]].concat());
        run(&["project", "run", "p.childlink", "--out", "linked"]);
        run(&[&["project", "decide", "p.childlink", "--by", "MO"], &pair[..]].concat());
        // An index holds the records that the run gave children to, and no others under their ids.
        let publish = ["project", "publish", "p.childlink", "--index", "c.index"];
        run(&publish);
        change("UPDATE children SET surname = 'Ivanov', forename = 'Ivan', nhs = NULL WHERE id = '1'");
        for arguments in [&publish[..], &["best", "p.childlink", "--out", "best-of-project"]] {
            let refused = self.run_with(variable, arguments);
            let words = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(refused.status.code() == Some(2) && words.contains("project/run-first"), "{words}");
        }
        change("UPDATE children SET surname = 'Okafor', forename = 'Amara', nhs = '9434765919' WHERE id = '1'");
        run(&publish);
        // Changed, gone and new: read anew without being added again.
        change(
            "UPDATE children SET forename = 'Benedict' WHERE id = '2'; DELETE FROM children WHERE id = '3';
             INSERT INTO children VALUES ('4', NULL, 'Dora', 'Threlkeld', 'F', '2022-01-30', 'M1 1AE');",
        );
        let report = run(&["project", "run", "p.childlink", "--out", "linked"]);
        let changes = &report["project"]["changes"];
        assert_eq!((&changes["new_records"], &changes["gone_records"]), (&1.into(), &1.into()), "{changes}");
        assert_eq!(report["project"]["unchanged_records"], 3);
        assert_eq!(changes["decisions_on_changed_records"], serde_json::json!([2]), "{changes}");
        // What is made of a run asks the database again.
        let best = self.run_with(variable, &["best", "linked", "--out", "best"]);
        assert!(best.status.success(), "{}", String::from_utf8_lossy(&best.stderr));
        assert!(self.text("best/best.csv").contains("Threlkeld"));
        assert!(self.text("linked/run.json").contains("SELECT id AS who"));
    }

    /// A run that was cut off after it had linked: only the state says so.
    fn cut_off(&self) {
        let connection = Connection::open(self.path("p.childlink")).expect("the project");
        connection
            .execute_batch("UPDATE run SET state = 'linked', finished_at = NULL WHERE id = (SELECT max(id) FROM run)")
            .expect("changed");
    }

    /// What a resumed run must do.
    fn resumes(&self, variable: (&str, &str), change: &mut dyn FnMut(&str)) {
        self.cut_off();
        let before = self.text("linked/children.csv");
        self.json_with(variable, &["project", "run", "p.childlink", "--resume"]);
        assert_eq!(self.text("linked/children.csv"), before);
        self.cut_off();
        change("UPDATE children SET postcode = 'LS1 4AQ' WHERE id = '1'");
        let refused = self.run_with(variable, &["project", "run", "p.childlink", "--resume"]);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{words}");
        assert!(words.contains("project/rows-changed") && words.contains("gp"), "{words}");
        assert_eq!(self.text("linked/children.csv"), before);
        // Anew, it takes them in.
        self.json_with(variable, &["project", "run", "p.childlink", "--out", "linked"]);
        assert_eq!(self.text("linked/children.csv"), before);
        self.ok(&["project", "status", "p.childlink", "--verify"]);
    }

    fn keeps_no(&self, secret: &str) {
        for folder in [".", "linked"] {
            for entry in fs::read_dir(self.path(folder)).expect("a folder").map(|entry| entry.expect("an entry").path())
            {
                let told = entry.is_file()
                    && fs::read(&entry).expect("a file").windows(secret.len()).any(|piece| piece == secret.as_bytes());
                assert!(!told, "{} holds the password", entry.display());
            }
        }
    }
}

#[test]
fn sqlite_is_an_extract_that_every_run_reads_anew() {
    let bench = Bench::begun();
    let connection = Connection::open(bench.path("gp.db")).expect("a database");
    connection.execute_batch(&format!("CREATE TABLE children ({COLUMNS}); {FIRST}")).expect("filled");
    let mut change = |sql: &str| connection.execute_batch(sql).expect("changed");
    let none = ("GP_PASSWORD", "none");
    bench.goes_round("sqlite:gp.db", none, &mut change);
    bench.resumes(none, &mut change);
    let status: Value = serde_json::from_str(&bench.ok(&["project", "status", "p.childlink", "--json"])).unwrap();
    let gp = &status["extracts"][1];
    assert!(gp["file"].as_str().is_some_and(|file| file.starts_with("sqlite:/")), "found from any folder: {gp}");
    // A database that is gone is an error, and the project stays as it was.
    fs::remove_file(bench.path("gp.db")).expect("removed");
    assert!(bench.refused(&["project", "run", "p.childlink", "--out", "other"]).contains("database/unreachable"));
    bench.ok(&["project", "status", "p.childlink", "--verify"]);
    for (more, reason) in [
        (
            vec!["--database", "x=postgresql://r:s3cret@localhost/chis", "--query", "x=SELECT 1"],
            "database/password-kept",
        ),
        (vec!["--database", "x=sqlite:none.db", "--query", "x=SELECT 1"], "database/unreachable"),
        (vec!["--database", "x=sqlite:none.db"], "input/database"),
        (
            vec!["--database", "school=sqlite:n.db", "--query", "school=SELECT 1", "--source", "school=school.csv"],
            "input/same-name",
        ),
    ] {
        let told = bench.refused(&[&["project", "add", "p.childlink"], &more[..]].concat());
        assert!(told.contains(reason) && !told.contains("s3cret"), "{more:?}: {told}");
    }
    bench.keeps_no("s3cret");
}

#[cfg(unix)]
#[test]
fn postgresql_is_an_extract_that_every_run_reads_anew() {
    use postgres_of_tests::{PASSWORD, Server};
    let Some(server) = Server::start_or_skip() else { return };
    let url = server.url("reader");
    let mut client =
        postgres::Client::connect(&format!("{url}?password={PASSWORD}"), postgres::NoTls).expect("it answers");
    client.batch_execute(&format!("CREATE TABLE children ({COLUMNS}); {FIRST}")).expect("filled");
    let mut change = |sql: &str| client.batch_execute(sql).expect("changed");
    let bench = Bench::begun();
    let variable = ("GP_PASSWORD", PASSWORD);
    bench.goes_round(&url, variable, &mut change);
    bench.resumes(variable, &mut change);
    // Without the variable nothing is asked, and nothing changes.
    let told = bench.refused(&["project", "run", "p.childlink", "--out", "other"]);
    assert!(told.contains("database/no-password") && told.contains("GP_PASSWORD"), "{told}");
    let output = bench.run_with(("GP_PASSWORD", "wrong-s3cret"), &["project", "run", "p.childlink", "--resume"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("database/refused") && !told.contains("wrong-s3cret"), "{told}");
    bench.json_with(variable, &["project", "run", "p.childlink", "--resume"]);
    bench.keeps_no(PASSWORD);
}
