//! Input that nobody wishes for. Each case gives a clear finding or error with the exit code as
//! designed, nothing is lost without being told, and no identifier gets into a message.

use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

/// A folder with one input file.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(bytes: &[u8]) -> Case {
        let folder = tempfile::tempdir().expect("a scratch folder");
        fs::write(folder.path().join("north.csv"), bytes).expect("the input is written");
        Case { folder }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_childlink"))
            .current_dir(self.folder.path())
            .args(arguments)
            .output()
            .expect("childlink starts")
    }

    /// `check --json --strict`: the exit code and the object.
    fn check(&self) -> (i32, Value) {
        let output = self.run(&["check", "north.csv", "--json", "--strict"]);
        let object = serde_json::from_slice(&output.stdout).expect("standard output is one JSON object");
        (output.status.code().expect("an exit code"), object)
    }
}

/// The input cannot be used: exit code 2 and this error.
fn refused(bytes: &[u8], code: &str) -> Value {
    let case = Case::new(bytes);
    let (exit, object) = case.check();
    assert_eq!((exit, object["error"]["code"].as_str()), (2, Some(code)), "{object}");
    assert!(object["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "an error tells what to do");
    let words = case.run(&["check", "north.csv"]);
    assert_eq!((words.status.code(), words.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&words.stderr).contains(code));
    // Linking such a file ends the same way and leaves no result behind.
    let linked = case.run(&["link", "north.csv", "--out", "linked"]);
    assert_eq!(linked.status.code(), Some(2));
    let left = fs::read_dir(case.folder.path().join("linked")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing is left half written");
    object["error"].clone()
}

/// The input can be used: rows read, accepted, set aside by reason.
fn read(bytes: &[u8], rows: u64, aside: &[(&str, u64)]) -> Value {
    let (exit, object) = Case::new(bytes).check();
    assert!(exit == 0 || exit == 1, "{object}");
    let set_aside: u64 = aside.iter().map(|(_, count)| count).sum();
    assert_eq!(object["rows"]["read"], rows, "{object}");
    assert_eq!(object["rows"]["quarantined"], set_aside, "{object}");
    assert_eq!(object["rows"]["accepted"], rows - set_aside, "{object}");
    for (reason, count) in aside {
        assert_eq!(object["quarantined"][*reason], *count, "{reason}");
    }
    let severe = |code: &Value| code["severity"] != "note";
    let findings = object["codes"].as_array().is_some_and(|codes| codes.iter().any(severe));
    assert_eq!(exit, i32::from(findings), "--strict tells of findings: {object}");
    object
}

/// How many records of a field have a finding.
fn findings(object: &Value, field: &str, code: &str) -> u64 {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let fields = list(&object["sources"]).into_iter().flat_map(|source| list(&source["fields"]));
    let found = fields.filter(|f| f["field"] == field).flat_map(|f| list(&f["findings"]));
    found.filter(|f| f["code"] == code).filter_map(|f| f["count"].as_u64()).sum()
}

const HEADER: &str = "record_id,birth_date,family_name,given_name,nhs_number\n";

fn rows(lines: &str) -> Vec<u8> {
    format!("{HEADER}{lines}").into_bytes()
}

#[test]
fn an_empty_file_is_refused() {
    refused(b"", "csv/empty");
    refused(b"\xEF\xBB\xBF\r\n\r\n", "csv/empty");
}

#[test]
fn a_header_alone_is_no_error_but_a_finding() {
    let object = read(HEADER.as_bytes(), 0, &[]);
    assert_eq!(object["files"][0]["findings"][0]["code"], "input/no-rows");
}

#[test]
fn a_line_of_ten_megabytes_is_read_or_set_aside() {
    let long = "x".repeat(10_000_000);
    read(&rows(&format!("1,2020-01-02,{long},Ann,\n2,2020-01-02,Lee,Bo,\n")), 2, &[]);
    read(&rows(&format!("{long}\n2,2020-01-02,Lee,Bo,\n")), 2, &[("row/field-count", 1)]);
    read(&rows(&format!("1,2020-01-02,\"{long}\n2,2020-01-02,Lee,Bo,\n")), 2, &[("row/unbalanced-quote", 1)]);
}

#[test]
fn a_line_without_end_is_refused() {
    let endless = vec![b'x'; 40_000_000];
    refused(&[HEADER.as_bytes(), &endless].concat(), "csv/record-too-long");
    refused(&endless, "csv/header");
}

#[test]
fn characters_of_code_zero_are_left_out_and_told() {
    let object = read(&rows("1,2020-01-02,L\0e\0e,Ann,\n2,2020-01-02,Lee,Bo,\n"), 2, &[]);
    assert_eq!(object["files"][0]["findings"][0]["code"], "row/nul-character");
    assert_eq!(object["files"][0]["findings"][0]["rows"][0], 2);
}

#[test]
fn broken_utf_8_half_way_costs_its_row_alone() {
    let mut bytes = rows("1,2020-01-02,Ní Bhriain,Zoë,\n2,2020-01-02,Lee,");
    bytes.extend_from_slice(b"Zo\xC3,\n3,2020-01-02,Lee,Chlo\xC3\xAB,\n");
    read(&bytes, 3, &[("row/undecodable", 1)]);
}

#[test]
fn a_file_cut_off_in_the_middle_of_a_letter_loses_nothing_silently() {
    let whole = rows("1,2020-01-02,Ní Bhriain,Zoë,\n2,2020-01-02,Lee,Zoë");
    read(&whole[..whole.len() - 1], 2, &[("row/field-count", 1)]);
}

#[test]
fn an_unbalanced_quote_costs_its_line_alone() {
    let lines = "1,2020-01-02,\"Lee,Ann,\n2,2020-01-02,Lee,Bo,\n3,2020-01-02,\"O, Brien\",Cy,\n";
    read(&rows(lines), 3, &[("row/unbalanced-quote", 1)]);
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    let error = refused(b"record_id,birth_date,surname,NHS Number,nhs_number\n", "columns/twice");
    assert_eq!(error["field"], "nhs_number");
}

#[test]
fn a_missing_column_is_named_with_what_was_found() {
    let error = refused(b"id,surname,colour\n1,Lee,blue\n", "columns/missing");
    assert_eq!(error["field"], "birth_date");
    assert!(error["message"].as_str().is_some_and(|m| m.contains("id, surname, colour") && !m.contains("Lee")));
}

#[test]
fn a_file_without_header_is_refused_without_showing_the_child() {
    let error = refused(b"17,2020-01-02,Okonkwo,Ada,4010232137\n", "columns/missing");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.contains("Okonkwo") && !message.contains("4010232137"), "{message}");
}

#[test]
fn three_hundred_columns_are_read() {
    let more: Vec<String> = (0..297).map(|n| format!("extra_{n}")).collect();
    let line = format!("1,2020-01-02,Lee{}\n", ",x".repeat(297));
    let object = read(
        format!("record_id,dob,surname,{}\n{line}{line}short\n", more.join(",")).as_bytes(),
        3,
        &[("record/repeated", 1), ("row/field-count", 1)],
    );
    assert_eq!(object["files"][0]["findings"][0]["count"], 297);
}

#[test]
fn a_delimiter_that_is_none_is_refused() {
    let error = refused(b"record_id:birth_date:family_name\n1:2020-01-02:Lee\n", "columns/missing");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("comma, bar, semicolon or tab")));
}

#[test]
fn another_delimiter_than_the_header_has_sets_the_rows_aside() {
    read(&rows("1;2020-01-02;Lee;Ann;\n2;2020-01-02;Lee;Bo;\n"), 2, &[("row/field-count", 2)]);
}

/// What a spreadsheet does to a child's record: an NHS number as 9.43477E+09, a date as days since
/// 1900, the leading zero of a CHI number or of a postcode's district lost.
#[test]
fn spreadsheet_damage_is_told_and_the_record_kept() {
    let lines = "1,43831,Lee,Ann,9.43477E+09\n2,2020-01-02,Lee,Bo,101241232\n3,01/02/2020,Lee,Cy,9434765919\n";
    let object = read(&rows(lines), 3, &[]);
    for (field, code) in [
        ("nhs_number", "nhs-number/scientific-notation"),
        ("nhs_number", "nhs-number/nine-digits"),
        ("birth_date", "date/spreadsheet-serial"),
    ] {
        assert_eq!(findings(&object, field, code), 1, "{code} in {object}");
    }
}

#[test]
fn a_workbook_is_refused_by_name() {
    let error = refused(b"PK\x03\x04\x14\0\x06\0", "csv/not-text");
    assert!(error["message"].as_str().is_some_and(|m| m.contains("workbook")));
}

#[test]
fn a_repeated_record_is_counted_once_and_set_aside() {
    let lines = "1,2020-01-02,Lee,Ann,\n1,2020-01-02,Lee,Ann,\n1,2020-01-03,Lee,Ann,\n";
    read(&rows(lines), 3, &[("record/repeated", 1), ("record/older-version", 1)]);
}

#[test]
fn lines_of_ndjson_that_are_no_objects_are_set_aside() {
    let lines = "{\"record_id\":\"1\",\"birth_date\":\"2020-01-02\",\"family_name\":\"Lee\"}\n{broken\n[]\n";
    read(lines.as_bytes(), 3, &[("row/not-an-object", 2)]);
}

#[test]
fn an_input_that_is_not_there_is_exit_code_2() {
    let case = Case::new(b"");
    let output = case.run(&["check", "south.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("input/cannot-read"));
    let output = case.run(&["check", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("input/not-a-file"));
}

#[test]
fn two_files_of_one_name_without_sources_are_refused() {
    let case = Case::new(&rows("1,2020-01-02,Lee,Ann,\n"));
    fs::create_dir(case.folder.path().join("b")).expect("a folder");
    fs::copy(case.folder.path().join("north.csv"), case.folder.path().join("b/north.csv")).expect("a copy");
    let output = case.run(&["check", "north.csv", "b/north.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("input/same-name"));
}
