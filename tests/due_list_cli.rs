//! `childlink due-list` as its users meet it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Made-up children, in two sources. North 1 and south 9 are one child, of whom south says that the location
/// is sensitive; north 2 is registered with nobody; north 3 has died; north 4 is up to date.
const CHILDREN: &str = "\
source,record_id,nhs_number,given_name,family_name,sex,birth_date,death_date,address_1,postcode,gp_practice,sensitive,updated_at
north,1,9434765919,Amal,Khan,female,2026-01-05,,14 High Street,LS1 4AP,A81001,,2026-02-01
north,2,,Bo,Lee,male,2026-01-05,,,LS2 7EW,V81997,,2026-02-01
north,3,,Cy,Ray,male,2026-01-05,2026-01-30,,LS2 7EW,A81001,,2026-02-01
north,4,,Di,Poe,female,2026-01-05,,,LS1 4AP,A81001,,2026-02-01
north,5,,Ed,Fox,male,2025-01-05,,,LS1 4AP,A81001,,2026-02-01
south,9,9434765919,Amal,Khan,female,2026-01-05,,,LS1 4AP,A81001,yes,2026-01-20
";

const DOSES: &str = "\
source,record_id,date,product,given
north,4,2026-03-02,vaxelis,yes
north,4,2026-03-02,bexsero,yes
north,4,2026-03-02,rotarix,yes
south,9,2026-03-02,vaxelis,yes
north,2,2026-03-02,vaxelis,no
north,8,2026-03-02,vaxelis,yes
north,1,soon,vaxelis,yes
";

const LINKED: &str = "\
source,record_id,child_id
north,1,c1
north,2,c2
north,3,c3
north,4,c4
north,5,c5
south,9,c1
";

fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("children.csv"), CHILDREN).expect("written");
    fs::write(folder.path().join("doses.csv"), DOSES).expect("written");
    fs::create_dir(folder.path().join("linked")).expect("made");
    fs::write(folder.path().join("linked/children.csv"), LINKED).expect("written");
    folder
}

fn due_list(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_childlink"))
        .current_dir(folder)
        .args(["due-list", "children.csv", "--doses", "doses.csv", "--as-at", "2026-03-02"])
        .args(arguments)
        .output()
        .expect("childlink starts")
}

fn written(folder: &Path, name: &str, arguments: &[&str]) -> String {
    let output = due_list(folder, &[&["--out", name], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(folder.join(name)).expect("the list")
}

fn cells<'t>(text: &'t str, columns: &[usize]) -> Vec<Vec<&'t str>> {
    text.lines().skip(1).map(|line| columns.iter().map(|&n| line.split(',').nth(n).unwrap_or("")).collect()).collect()
}

#[test]
fn children_are_listed_by_practice_and_the_unregistered_first() {
    let folder = folder();
    let text = written(folder.path(), "due.csv", &["--links", "linked"]);
    // gp_practice, child_id, source, record_id, item
    let rows = cells(&text, &[0, 2, 3, 4, 12]);
    let children: Vec<(&str, &str)> = {
        let mut seen: Vec<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
        seen.dedup();
        seen
    };
    assert_eq!(children, [("unregistered", "c2"), ("withheld", "c1"), ("A81001", "c5")], "{text}");
    let of = |child: &str| rows.iter().filter(|row| row[1] == child).map(|row| row[4]).collect::<Vec<_>>();
    assert_eq!(of("c2"), ["six-in-one", "menb", "rotavirus"], "a dose not given counts for nothing");
    assert_eq!(of("c1"), ["menb", "rotavirus"], "the dose of the other record counts");
    assert!(!text.contains("Ray"), "a child who has died is not listed");
    assert!(!text.contains("Poe"), "a child with nothing due is not listed");
}

#[test]
fn without_links_each_record_is_a_child() {
    let folder = folder();
    let text = written(folder.path(), "due.csv", &[]);
    let rows = cells(&text, &[3, 4, 12]);
    assert!(rows.iter().any(|row| row[..2] == ["north", "1"] && row[2] == "six-in-one"));
}

#[test]
fn the_list_does_not_depend_on_the_order_of_rows_or_threads() {
    let folder = folder();
    let first = written(folder.path(), "due.csv", &["--links", "linked", "--threads", "1"]);
    for file in ["children.csv", "doses.csv", "linked/children.csv"] {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).expect("the file");
        let (header, rows) = text.split_once('\n').expect("a header");
        let mut rows: Vec<&str> = rows.lines().collect();
        rows.reverse();
        fs::write(&path, format!("{header}\n{}\n", rows.join("\n"))).expect("written");
    }
    assert_eq!(written(folder.path(), "due.csv", &["--links", "linked", "--threads", "2"]), first);
}

#[test]
fn rows_that_cannot_be_used_are_counted_and_named() {
    let folder = folder();
    let arguments = ["--out", "due.csv", "--quarantine", "aside.csv", "--json"];
    let output = due_list(folder.path(), &arguments);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["event_rows"], 7);
    assert_eq!(summary["event_rows_quarantined"], serde_json::json!({"event/date": 1, "event/unknown-record": 1}));
    assert_eq!((&summary["doses_not_given"], &summary["children"]), (&1.into(), &6.into()));
    let aside = fs::read_to_string(folder.path().join("aside.csv")).expect("the rows");
    assert_eq!(aside, "file,row,reason\n\"doses.csv\",7,event/unknown-record\n\"doses.csv\",8,event/date\n");
    let strict = due_list(folder.path(), &["--out", "due.csv", "--strict", "--quiet"]);
    assert_eq!(strict.status.code(), Some(1));
}

/// A dose that the programme cannot name counts for nothing, so the child is called: whoever reads the list must know.
#[test]
fn doses_of_unknown_products_are_set_aside_and_counted() {
    let folder = folder();
    let doses = "source,record_id,date,product,snomed,given\n\
        north,2,2026-03-02,nope,,yes\nnorth,2,2026-03-02,,1234,\nnorth,4,2026-03-02,nope,34765811000001105,\n\
        north,4,2026-03-02,nope,,no\n";
    fs::write(folder.path().join("doses.csv"), doses).expect("written");
    let output = due_list(folder.path(), &["--out", "due.csv", "--quarantine", "aside.csv", "--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["event_rows_quarantined"], serde_json::json!({"schedule/product-unknown": 2}));
    assert_eq!(summary["doses_not_given"], 1);
    let aside = fs::read_to_string(folder.path().join("aside.csv")).expect("the rows");
    let expected =
        "file,row,reason\n\"doses.csv\",2,schedule/product-unknown\n\"doses.csv\",3,schedule/product-unknown\n";
    assert_eq!(aside, expected);
}

#[test]
fn counts_are_written_by_practice_and_area() {
    let folder = folder();
    written(folder.path(), "due.csv", &["--links", "linked", "--counts", "counts.csv"]);
    let counts = fs::read_to_string(folder.path().join("counts.csv")).expect("counts");
    assert!(counts.starts_with("area_kind,area,children,due,overdue,failsafe\nall,,5,3,1,0\n"), "{counts}");
    assert!(counts.contains("\npractice,unregistered,1,1,0,0\n"), "{counts}");
    assert!(counts.contains("\npractice,withheld,1,1,0,0\n"), "{counts}");
}

#[test]
fn coverage_is_that_of_the_last_whole_quarter() {
    let folder = folder();
    let output = Command::new(env!("CARGO_BIN_EXE_childlink"))
        .current_dir(folder.path())
        .args(["due-list", "children.csv", "--doses", "doses.csv", "--as-at", "2026-04-01", "--out", "due.csv"])
        .args(["--coverage", "cover.csv"])
        .output()
        .expect("childlink starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let cover = fs::read_to_string(folder.path().join("cover.csv")).expect("coverage");
    // North 5 reached the first birthday on 5 January 2026, with nothing given.
    assert!(cover.starts_with("indicator,cohort,area_kind,area,denominator,numerator\n"));
    assert!(cover.contains("12m-six-in-one,2026-01-01/2026-03-31,all,,1,0\n"), "{cover}");
    assert!(cover.contains("12m-six-in-one,2026-01-01/2026-03-31,practice,A81001,1,0\n"), "{cover}");
}

#[test]
fn a_calendar_is_for_one_child_and_needs_opaque_ids_or_a_key() {
    let folder = folder();
    let code = |arguments: &[&str]| {
        let output = due_list(folder.path(), &[&["--json", "--out", "visits.ics"], arguments].concat());
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code(), answer["error"]["code"].as_str().map(str::to_owned))
    };
    assert_eq!(code(&[]), (Some(2), Some("due-list/calendar-key".to_owned())));
    assert_eq!(code(&["--links", "linked"]), (Some(2), Some("due-list/one-child".to_owned())));
    assert_eq!(code(&["--links", "linked", "--child", "north:77"]), (Some(2), Some("due-list/child".to_owned())));
    assert!(!folder.path().join("visits.ics").exists(), "nothing is left half written");
    assert_eq!(code(&["--links", "linked", "--child", "south:9"]).0, Some(0));
    let text = fs::read_to_string(folder.path().join("visits.ics")).expect("a calendar");
    assert!(text.contains("BEGIN:VEVENT") && !text.contains("Amal"));
    fs::write(folder.path().join("key"), [7; 32]).expect("written");
    assert_eq!(code(&["--calendar-key", "key", "--child", "north:2"]).0, Some(0));
}

#[test]
fn wrong_usage_says_what_to_do() {
    let folder = folder();
    let told = |arguments: &[&str]| {
        let output = due_list(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(told(&["--out", "due.docx"]).contains("give --format"));
    assert!(told(&["--out", "due.csv", "--nation", "uk"]).contains("england, scotland, wales"));
    assert!(told(&["--out", "due.csv", "--screens", "doses.csv"]).contains("no column `kind`"));
    assert!(told(&["--out", "due.csv", "--links", "."]).contains("child_id"));
    let quarter = told(&["--out", "due.csv", "--coverage", "cover.csv", "--quarter", "2026Q1"]);
    assert!(quarter.contains("not over on the day of evaluation"), "{quarter}");
}

#[test]
fn local_authorities_come_from_a_list_of_postcodes() {
    let folder = folder();
    fs::write(folder.path().join("areas.csv"), "postcode,area,name\nls1 4ap,E08000035,Leeds\nnowhere,E1,x\n").unwrap();
    let arguments = ["--areas", "areas.csv", "--counts", "counts.csv", "--links", "linked"];
    written(folder.path(), "due.csv", &arguments);
    let counts = fs::read_to_string(folder.path().join("counts.csv")).expect("counts");
    let of_kind: Vec<&str> = counts.lines().filter(|line| line.starts_with("local-authority,")).collect();
    // The first child is withheld; Bo and Cy live at a postcode that is not in the list.
    let expected =
        ["local-authority,,2,1,0,0", "local-authority,E08000035,2,1,1,0", "local-authority,withheld,1,1,0,0"];
    assert_eq!(of_kind, expected, "{counts}");
}

#[test]
fn events_may_be_ndjson() {
    let folder = folder();
    let line = |row: &str| {
        let fields: Vec<&str> = row.split(',').collect();
        format!(
            r#"{{"source":"{}","record_id":{},"date":"{}","product":"{}","given":"{}"}}"#,
            fields[0], fields[1], fields[2], fields[3], fields[4]
        )
    };
    let from_csv = written(folder.path(), "csv.csv", &["--links", "linked"]);
    let lines: Vec<String> = DOSES.lines().skip(1).map(line).collect();
    fs::write(folder.path().join("doses.csv"), lines.join("\n")).expect("the same doses in another form");
    assert_eq!(written(folder.path(), "ndjson.csv", &["--links", "linked"]), from_csv);
    assert!(from_csv.contains("rotavirus"), "{from_csv}");
}

#[test]
fn a_dash_is_standard_output_and_input() {
    let folder = folder();
    let to_file = written(folder.path(), "due.csv", &[]);
    let output = due_list(folder.path(), &["--out", "-", "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), to_file);
    assert!(!output.stderr.is_empty(), "the summary");
    assert!(!folder.path().join("-").exists());
    let twice = due_list(folder.path(), &["--out", "-", "--format", "csv", "--counts", "-"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("output/standard-twice"));

    let doses = fs::File::open(folder.path().join("doses.csv")).expect("the doses");
    let piped = Command::new(env!("CARGO_BIN_EXE_childlink"))
        .current_dir(folder.path())
        .args(["due-list", "children.csv", "--doses", "-", "--as-at", "2026-03-02", "--out", "piped.csv"])
        .stdin(doses)
        .output()
        .expect("childlink starts");
    assert!(piped.status.success(), "{}", String::from_utf8_lossy(&piped.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("piped.csv")).expect("the list"), to_file);
}
