//! What a command is given by mistake: damaged files, files of another kind, options that name nothing. Each is refused
//! with a code that says so, and nothing of a person is told.

mod bench;

use arrow::array::{ArrayRef, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use arrow::ipc::writer::{FileWriter, StreamWriter};
use bench::Bench;
use serde_json::{Value, json};
use std::sync::Arc;

const RECORDS: &str = "\
source,record_id,birth_date,family_name,given_name,sex,postcode,gp_practice,sensitive,nhs_number
a,1,2020-01-02,Khan,Amal,F,LS1 4AP,A81001,,
a,2,2020-02-03,Lee,Bo,M,LS2 7EW,A81002,yes,
b,1,2020-03-04,Poe,Di,F,LS1 4AP,A81001,,9434765919
";

fn batch() -> RecordBatch {
    let sexes: DictionaryArray<Int32Type> = vec!["F", "M", "F"].into_iter().collect();
    let texts = |texts: [&str; 3]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter([
        ("record_id", texts(["1", "2", "3"])),
        ("birth_date", texts(["2020-01-02", "2020-02-03", "2020-03-04"])),
        ("family_name", texts(["Khan", "Lee", "Poe"])),
        ("sex", Arc::new(sexes) as ArrayRef),
    ])
    .expect("columns of one length")
}

/// An Arrow file and a stream of two batches.
fn columnar() -> [Vec<u8>; 2] {
    let batch = batch();
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).expect("in memory");
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("in memory");
    for _ in 0..2 {
        file.write(&batch).expect("in memory");
        stream.write(&batch).expect("in memory");
    }
    [file.into_inner().expect("in memory"), stream.into_inner().expect("in memory")]
}

#[test]
fn damaged_columns_are_the_fault_of_the_file_and_no_panic() {
    let bench = Bench::empty();
    let mut damaged = 0;
    for bytes in columnar() {
        // Lengths and offsets are numbers of eight bytes; half of them made so large point beyond the file.
        for place in (64..bytes.len().min(1600) - 4).step_by(24) {
            let mut bytes = bytes.clone();
            bytes[place..place + 4].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x0F]);
            bench.write("damaged", bytes);
            let output = bench.run(&["check", "damaged"]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.code().is_some_and(|code| code < 3) && !told.contains("(internal)"),
                "{place}: {told}"
            );
            damaged += usize::from(told.contains("arrow/unreadable"));
        }
    }
    assert!(damaged > 10, "{damaged} of them are told as damage");
}

#[test]
fn an_arrow_stream_that_breaks_off_between_batches_is_no_shorter_stream() {
    let bench = Bench::empty();
    let [_, stream] = columnar();
    bench.write("whole.arrows", &stream);
    assert!(bench.run(&["check", "whole.arrows"]).status.success());
    // The end mark is the last eight bytes.
    bench.write("cut.arrows", &stream[..stream.len() - 8]);
    for command in [&["check", "cut.arrows"][..], &["link", "cut.arrows", "--out", "out"]] {
        assert!(bench.refused(command).contains("end mark"));
    }
}

#[test]
fn json_that_is_no_ndjson_is_named_and_no_record_is_quoted() {
    let bench = Bench::empty();
    let object = r#"{"record_id": "7", "family_name": "Quillfeather", "dob": "2020-01-02", "sex": "F"}"#;
    let utf16: Vec<u8> = format!("\u{FEFF}{object}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, code) in [
        (format!("[{object},\n{object}]\n").into_bytes(), "ndjson/array"),
        (format!("[\n  {object}\n]\n").into_bytes(), "ndjson/array"),
        (utf16[2..].to_vec(), "ndjson/encoding"),
        (utf16, "ndjson/encoding"),
    ] {
        bench.write("children", bytes);
        for command in [&["check", "children"][..], &["link", "children", "--out", "out"]] {
            let told = bench.refused(command);
            assert!(told.contains(code) && !told.contains("Quillfeather"), "{told}");
        }
    }
    // A first line that is a record quotes nothing either, where a cell of it happens to name a column.
    bench.write("headless.csv", "7,2020-01-02,Quillfeather,sex\n8,2020-01-02,Quillfeather,sex\n");
    let told = bench.refused(&["check", "headless.csv"]);
    assert!(told.contains("columns/missing") && !told.contains("Quillfeather"), "{told}");
    bench.write("twice.csv", "7,Quillfeather,Jo,quillfeather\n");
    let told = bench.refused(&["train", "headless.csv", "--labels", "twice.csv", "--out", "model.json"]);
    assert!(!told.contains("Quillfeather"), "{told}");
    bench.write("records.csv", RECORDS);
    let told = bench.refused(&["train", "records.csv", "--labels", "twice.csv", "--out", "model.json"]);
    assert!(told.contains("frame/column-twice") && !told.to_lowercase().contains("quillfeather"), "{told}");
}

#[test]
fn files_one_behind_the_other_and_one_source_over_several_are_told() {
    let bench = Bench::empty();
    bench.write("records.csv", RECORDS);
    bench.write("both.csv", RECORDS.to_owned() + &RECORDS.replace("a,1", "c,1"));
    let told: Value = serde_json::from_str(&bench.ok(&["check", "both.csv", "--json"])).expect("JSON");
    assert_eq!(told["quarantined"]["row/header-repeated"], 1, "{told}");
    bench.ok(&["link", "both.csv", "--out", "out"]);
    assert!(bench.rows("out/children.csv").iter().all(|row| row["record_id"] != "record_id"));
    assert!(bench.text("out/quarantine.csv").contains("row/header-repeated"));
    let told = bench.ok(&["check", "--source", "town=records.csv"]);
    assert!(told.contains("columns/source-overridden"), "{told}");
}

#[test]
fn decisions_are_put_in_order_by_time_and_other_moments_refused() {
    let bench = Bench::empty();
    bench.write_trained_model("model.json");
    bench.write("records.csv", RECORDS);
    let run = |decided: &str| {
        let head = "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\n";
        bench.write("decided.csv", head.to_owned() + decided);
        bench.run(&["link", "records.csv", "--model", "model.json", "--decisions", "decided.csv", "--out", "out"])
    };
    // 09:30 in winter is later than 10:00 in a zone an hour ahead, though not as text.
    let rows = "a,1,b,1,same,jk,2026-11-21T10:00+01:00\na,1,b,1,different,jk,2026-11-21T09:30Z\n";
    assert!(run(rows).status.success());
    let child = |id: &str| {
        let rows = bench.rows("out/children.csv");
        let of = |row: &&bench::Row| format!("{}/{}", row["source"], row["record_id"]) == id;
        rows.iter().find(of).expect("a record")["child_id"].clone()
    };
    assert_ne!(child("a/1"), child("b/1"));
    assert!(run(&rows.replace("09:30Z", "08:30Z")).status.success());
    assert_eq!(child("a/1"), child("b/1"));
    for moment in ["30/06/2026", "yesterday", "2026-02-31"] {
        let output = run(&format!("a,1,b,1,same,jk,2026-11-21\na,1,b,1,same,jk,{moment}\n"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains("line 3 of the list"), "{told}");
    }
}

#[test]
fn prepared_records_tell_no_whereabouts_of_sensitive_children() {
    let bench = Bench::empty();
    bench.write("records.csv", RECORDS);
    bench.write_trained_model("model.json");
    let prepare =
        ["model", "export", "model.json", "--partial", "--out", "s.json", "--records", "records.csv", "--records-out"];
    let told = bench.ok(&[&prepare[..], &["prepared.csv"]].concat());
    assert!(told.contains("1 of them sensitive"), "{told}");
    let text = bench.text("prepared.csv");
    assert!(text.contains("LS1 4AP") && text.contains("A81001"), "others are as they were");
    assert!(!text.contains("LS2") && !text.contains("A81002") && text.contains("BO"), "{text}");
}

#[test]
fn options_and_columns_that_name_nothing_are_refused() {
    let bench = Bench::empty();
    bench.write("records.csv", RECORDS);
    let told = bench.refused(&["train", "records.csv", "--label-column", "Foo", "--out", "model.json"]);
    assert!(told.contains("no record has a value in a column Foo"), "{told}");
    bench.write("people.csv", "unique_id,a\n1,x\n2,y\n3,z\n");
    let level = |sql: &str, p: f64| json!({"sql_condition": sql, "m_probability": p, "u_probability": 1.0 - p});
    let model = json!({
        "link_type": "dedupe_only", "sql_dialect": "duckdb", "blocking_rules_to_generate_predictions": ["1=1"],
        "comparisons": [{"output_column_name": "a", "comparison_levels": [level("a_l = a_r", 0.9), level("ELSE", 0.1)]}],
    });
    bench.write("splink.json", model.to_string());
    let train = ["model", "train", "people.csv", "--splink-model", "splink.json", "--out", "trained.json"];
    for (more, code) in [(["--label-column", "a"], "train/no-labels"), (["--em-rule", "1=0"], "train/no-pairs")] {
        assert!(bench.refused(&[&train[..], &more].concat()).contains(code));
        assert!(!bench.path("trained.json").exists());
    }
    let score = ["score", "people.csv", "--splink-model", "splink.json", "--out", "o.csv", "--min-weight"];
    assert!(bench.refused(&[&score[..], &["nan"]].concat()).contains("give a number"));
}

#[test]
fn what_a_condition_may_make_is_limited() {
    let bench = Bench::empty();
    bench.write("people.csv", "unique_id,a\n1,x\n2,y\n");
    for (sql, code) in [
        ("repeat(a_l, 1000000000) = a_r".to_owned(), "64 KiB"),
        ("lpad(a_l, 2000000000, 'x') = a_r".to_owned(), "64 KiB"),
        (format!("a_l{} = a_r", " || a_l".repeat(1000)), "splink/too-deep"),
    ] {
        let level = |sql: &str, p: f64| json!({"sql_condition": sql, "m_probability": p, "u_probability": 1.0 - p});
        let model = json!({
            "link_type": "dedupe_only", "sql_dialect": "duckdb", "blocking_rules_to_generate_predictions": ["1=1"],
            "comparisons": [{"output_column_name": "a", "comparison_levels": [level(&sql, 0.9), level("ELSE", 0.1)]}],
        });
        bench.write("splink.json", model.to_string());
        let told = bench.refused(&["score", "people.csv", "--splink-model", "splink.json", "--out", "o.csv"]);
        assert!(told.contains(code), "{told}");
    }
}

#[test]
fn one_file_in_two_roles_and_a_response_that_is_none_are_refused() {
    let bench = Bench::empty();
    bench.write("records.csv", RECORDS);
    let trace = ["link", "records.csv", "--policy", "mps", "--reference", "records.csv", "--out", "out"];
    let told = bench.refused(&trace);
    assert!(told.contains("trace/reference-in-input") && told.contains("3 records"), "{told}");
    bench.ok(&["trace", "prepare", "records.csv", "--as-at", "2026-11-30", "--out", "request"]);
    for bytes in [&b""[..], b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"] {
        bench.write("response.csv", bytes);
        let told = bench.refused(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
        assert!(told.contains("trace/no-answer"), "{told}");
    }
}
