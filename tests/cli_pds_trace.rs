//! `childlink trace` on whole files: which records are asked about, every kind of answer, and what must never come of
//! one.
//!
//! Codes and layout: NHS England, Person_ID Handbook, 27 February 2024. NHS numbers are test numbers or made up with a
//! right check digit.

mod bench;

use bench::Bench;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const HEADER: &str = "source,record_id,nhs_number,nhs_number_status,given_name,family_name,sex,birth_date,birth_order,address_1,postcode,gp_practice,sensitive";

impl Bench {
    fn with(records: &[&str]) -> Bench {
        let bench = Bench::empty();
        fs::write(bench.path("records.csv"), format!("{HEADER}\n{}\n", records.join("\n"))).expect("written");
        bench
    }

    /// The reference under which a record is asked about.
    fn reference(&self, record_id: &str) -> String {
        let keys = self.rows("request/keys.csv");
        let key = keys.iter().find(|key| key["record_id"] == record_id).unwrap_or_else(|| panic!("{record_id}"));
        key["reference"].clone()
    }

    /// Applies answers; gives `record_id outcome reason number` of every record, in order.
    fn applied(&self, answers: &[Answer<'_>]) -> Vec<String> {
        let rows: String = answers.iter().map(|answer| answer.row(&self.reference(answer.record)) + "\n").collect();
        fs::write(self.path("response.csv"), rows).expect("written");
        self.ok(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
        let line = |row: &BTreeMap<String, String>| {
            ["record_id", "outcome", "reason", "nhs_number"]
                .map(|name| row[name].as_str())
                .join(" ")
                .trim_end()
                .to_owned()
        };
        self.rows("traced/traced.csv").iter().map(line).collect()
    }
}

/// A row of a response. What is not said is empty.
#[derive(Clone, Copy, Default)]
struct Answer<'a> {
    record: &'a str,
    code: &'a str,
    number: &'a str,
    family: &'a str,
    given: &'a str,
    sex: &'a str,
    birth: &'a str,
    postcode: &'a str,
    flag: &'a str,
    step: &'a str,
    confidence: &'a str,
}

impl Answer<'_> {
    /// 34 columns, counted from 0 (Person_ID Handbook, response file).
    fn row(&self, reference: &str) -> String {
        let mut fields = [""; 34];
        for (place, value) in [
            (0, reference),
            (2, self.family),
            (3, self.given),
            (5, self.sex),
            (6, self.birth),
            (13, self.postcode),
            (23, self.flag),
            (25, self.code),
            (26, self.number),
            (27, self.step),
            (28, self.confidence),
        ] {
            fields[place] = value;
        }
        fields.join(",")
    }
}

const AMARA: &str = "north,amara,9434765919,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,A81001,";

#[test]
fn a_trace_is_postponed_until_a_baby_is_six_weeks_old_and_no_longer() {
    // NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE 08. 15 April is 42 days after 4 March.
    let bench = Bench::with(&["north,postponed,,08,Flo,Poe,F,2020-03-04,,,,,"]);
    for (as_at, asked) in [("2020-04-14", 0), ("2020-04-15", 1), ("2023-03-04", 1)] {
        bench.ok(&["trace", "prepare", "records.csv", "--as-at", as_at, "--out", as_at]);
        assert_eq!(bench.rows(&format!("{as_at}/request.csv")).len(), asked, "{as_at}");
        assert_eq!(bench.rows(&format!("{as_at}/not-asked.csv")).len(), 1 - asked, "{as_at}");
    }
}

#[test]
fn those_who_need_a_trace_are_asked_about_and_the_others_are_told_with_the_reason() {
    let bench = Bench::with(&[
        AMARA,
        "north,known,4010232137,01,Ben,Lee,M,2020-03-04,,,,,",
        "north,nameless,,03,Baby,Khan,F,2020-03-04,,,,,",
        "north,twin2,,03,Twin 2,Khan,F,2020-03-04,2,,,,",
        "north,gone,9449305552,02,Carla,Roe,F,2020-03-04,,,,,I",
        "north,partly,,02,Dan,Poe,M,2020,,,,,",
        "north,sexless,,02,Eve,Poe,,2020-03-04,,,,,",
        "north,postponed,,08,Flo,Poe,F,2020-03-04,,,,,",
        "north,hidden,,02,Gus,Poe,M,2020-03-04,,9 Quiet Lane,N4 2AB,A81001,yes",
        "north,abroad,,02,Hal,Poe,M,2020-03-04,,,ZZ99 3CZ,V81999,",
    ]);
    let told = bench.ok(&["trace", "prepare", "records.csv", "--out", "request"]);
    assert!(told.contains("unconfirmed"), "{told}");
    let why: BTreeMap<String, String> = bench
        .rows("request/not-asked.csv")
        .into_iter()
        .map(|row| (row["record_id"].clone(), row["why"].clone()))
        .collect();
    for (record, reason) in [
        ("known", "verified"),
        ("nameless", "no-given-name"),
        ("twin2", "no-given-name"),
        ("gone", "invalidated"),
        ("partly", "no-whole-birth-date"),
        ("sexless", "too-little-to-search-by"),
        ("postponed", "trace-postponed"),
    ] {
        assert_eq!(why.get(record).map(String::as_str), Some(reason), "{record}");
    }
    assert_eq!(why.len(), 7);
    let request = bench.rows("request/request.csv");
    assert_eq!(request.len(), 3);
    let of = |record: &str| {
        let reference = bench.reference(record);
        request.iter().find(|row| row["UNIQUE_REFERENCE"] == reference).expect("asked about")
    };
    let amara = of("amara");
    for (column, value) in [
        ("NHS_NO", "9434765919"),
        ("FAMILY_NAME", "Okafor"),
        ("GIVEN_NAME", "Amara"),
        ("GENDER", "2"),
        ("DATE_OF_BIRTH", "20200304"),
        ("ADDRESS_LINE1", "7 Blue Street"),
        ("POSTCODE", "N4 2AB"),
        ("GP_PRACTICE_CODE", "A81001"),
    ] {
        assert_eq!(amara[column], value, "{column}");
    }
    // No whereabouts of a sensitive record leave; pseudo-postcodes and stand-in practices are no places.
    for column in ["ADDRESS_LINE1", "POSTCODE", "GP_PRACTICE_CODE"] {
        assert_eq!(of("hidden")[column], "", "{column}");
        assert_eq!(of("abroad")[column], "", "{column}");
    }
    assert!(!bench.text("request/request.csv").contains("amara"), "a reference tells nothing of the record");
    // The order of rows changes no byte.
    let before = bench.text("request/request.csv");
    let text = bench.text("records.csv");
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    rows.reverse();
    fs::write(bench.path("records.csv"), format!("{HEADER}\n{}\n", rows.join("\n"))).expect("written");
    bench.ok(&["trace", "prepare", "records.csv", "--out", "request", "--threads", "1"]);
    assert_eq!(bench.text("request/request.csv"), before);
}

/// Records asked about without a number, named by what the answers will say.
fn without_numbers(names: &[&str]) -> Bench {
    let row = |name: &&str| format!("north,{name},,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,");
    let rows: Vec<String> = names.iter().map(row).collect();
    let bench = Bench::with(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    bench.ok(&["trace", "prepare", "records.csv", "--out", "request"]);
    bench
}

const NUMBER: &str = "9449305552";

fn amara<'a>(record: &'a str, code: &'a str) -> Answer<'a> {
    let (family, given, sex, birth) = ("OKAFOR", "AMARA", "2", "20200304");
    Answer {
        record,
        code,
        number: NUMBER,
        family,
        given,
        sex,
        birth,
        step: "3",
        confidence: "100",
        ..Answer::default()
    }
}

#[test]
fn every_code_has_its_outcome() {
    let names = ["a00", "b91", "c92", "d95", "e96", "f97", "g98", "h99"];
    let bench = without_numbers(&names);
    let nobody = |record, code| Answer { record, code, number: "0000000000", ..Answer::default() };
    let applied = bench.applied(&[
        amara("a00", "00"),
        nobody("b91", "91"),
        Answer { number: "9693632109", postcode: "LS1 4AP", ..amara("c92", "92") },
        Answer { number: "9449310610", ..amara("d95", "95") },
        nobody("e96", "96"),
        Answer { number: "9999999999", ..nobody("f97", "97") },
        nobody("g98", "98"),
        nobody("h99", "99"),
    ]);
    assert_eq!(
        applied,
        [
            "a00 verified found-by-name-and-birth-date 9449305552",
            "b91 invalidated invalidated",
            "c92 verified found-by-name-and-birth-date 9693632109",
            "d95 under-investigation under-investigation",
            "e96 no-match not-enough-data",
            "f97 no-match several",
            "g98 no-match not-found",
            "h99 unanswered answer-set-aside",
        ]
    );
    let status: Vec<String> =
        bench.rows("traced/traced.csv").iter().map(|row| row["nhs_number_status"].clone()).collect();
    // NHS NUMBER STATUS INDICATOR CODE: 01 verified, 04 no match or several, 05 to be resolved.
    assert_eq!(status, ["01", "", "01", "05", "04", "04", "04", ""]);
    let aside = bench.rows("traced/quarantine.csv");
    assert_eq!((aside.len(), aside[0]["reason"].as_str(), aside[0]["row"].as_str()), (1, "trace/unknown-code", "8"));
    let sensitive: Vec<String> = bench
        .rows("traced/traced.csv")
        .iter()
        .filter(|row| row["sensitive"] == "true")
        .map(|row| row["record_id"].clone())
        .collect();
    // A code that nobody knows may stand for a new kind of sensitive record.
    assert_eq!(sensitive, ["c92", "d95", "h99"]);
}

#[test]
fn whereabouts_are_kept_of_nobody_and_from_no_row() {
    let bench = without_numbers(&["a", "b", "c", "d"]);
    let at = |answer: Answer<'static>| Answer { postcode: "LS1 4AP", ..answer };
    bench.applied(&[
        at(amara("a", "92")),
        // A code that nobody knows may stand for a new kind of sensitive record.
        at(amara("b", "93")),
        at(Answer { family: "SMITH", ..amara("c", "00") }),
        at(Answer { flag: "S", given: "ZOE", ..amara("d", "00") }),
    ]);
    for file in fs::read_dir(bench.path("traced")).expect("the folder") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("text");
        assert!(!text.contains("LS1"), "{}: {text}", path.display());
    }
    // A row of another length keeps its reference only: nobody knows what stands where.
    fs::write(bench.path("response.csv"), format!("{},x,LS1 4AP\n", bench.reference("a"))).expect("written");
    bench.ok(&["trace", "apply", "request", "response.csv", "--out", "short"]);
    let aside = bench.rows("short/quarantine.csv");
    assert_eq!(aside[0]["reason"], "trace/field-count");
    assert!(aside[0]["raw"].contains("(withheld)") && !aside[0]["raw"].contains("LS1"));
}

#[test]
fn a_number_found_by_name_is_taken_only_where_all_agrees() {
    let names = ["family", "given", "birth", "sex", "weak", "fair", "nickname"];
    let bench = without_numbers(&names);
    let numbers = ["9434765919", "4010232137", "9449305552", "9693632109", "9449310610", "9000000009", "9876543210"];
    let answer = |n: usize| Answer { number: numbers[n], ..amara(names[n], "00") };
    let applied = bench.applied(&[
        Answer { family: "JONES", ..answer(0) },
        Answer { given: "AISHA", ..answer(1) },
        Answer { birth: "20200403", ..answer(2) },
        Answer { sex: "1", ..answer(3) },
        Answer { step: "4", confidence: "88", ..answer(4) },
        Answer { step: "4", confidence: "97.5", ..answer(5) },
        Answer { family: "OKAFOR-JONES", ..answer(6) },
    ]);
    assert_eq!(
        applied,
        [
            "birth to-resolve birth-date-differs",
            "fair verified found-by-name-and-birth-date 9000000009",
            "family restricted possible-identity-change",
            "given to-resolve given-name-differs",
            "nickname verified found-by-name-and-birth-date 9876543210",
            "sex to-resolve sex-differs",
            "weak to-resolve low-confidence",
        ]
    );
    // The two identities of what may be an adopted child are never set side by side.
    assert_eq!(bench.text("traced/restricted.csv"), "source,record_id\nnorth,family\n");
    let review = bench.text("traced/review.csv");
    assert!(!review.contains("JONES") && !review.contains("9434765919"), "{review}");
}

#[test]
fn numbers_are_confirmed_superseded_or_in_doubt() {
    let row = |id: &str, number: &str| format!("north,{id},{number},02,Amara,Okafor,F,2020-03-04,,,,,");
    let rows = [
        row("another", "9449310610"),
        row("chain", "4010232137"),
        row("confirmed", "9434765919"),
        row("itself", "9000000009"),
        row("stranger", "9693632109"),
        row("torn", "9876543210"),
    ];
    let bench = Bench::with(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    bench.ok(&["trace", "prepare", "records.csv", "--out", "request"]);
    let applied = bench.applied(&[
        Answer { number: "9990000026", ..amara("another", "00") },
        Answer { number: NUMBER, step: "1", ..amara("chain", "90") },
        Answer { number: "9434765919", step: "1", ..amara("confirmed", "00") },
        Answer { number: "9000000009", ..amara("itself", "90") },
        Answer { number: "9693632109", family: "JONES", given: "BEN", ..amara("stranger", "00") },
        Answer { number: "9990000027", ..amara("torn", "00") },
    ]);
    assert_eq!(
        applied,
        [
            "another to-resolve another-number",
            "chain superseded superseded 9449305552",
            "confirmed verified number-confirmed 9434765919",
            "itself unanswered answer-set-aside",
            "stranger to-resolve number-of-another-name",
            "torn unanswered answer-set-aside",
        ]
    );
    assert_eq!(bench.text("traced/superseded.csv"), "old_nhs_number,nhs_number\n4010232137,9449305552\n");
    let reasons: Vec<String> = bench.rows("traced/quarantine.csv").iter().map(|row| row["reason"].clone()).collect();
    assert_eq!(reasons, ["trace/inconsistent", "trace/number-not-valid"]);
}

#[test]
fn twins_who_are_found_under_one_number_get_none() {
    let bench = Bench::with(&[
        "north,ethan,,02,Ethan,Khan,M,2020-03-04,1,,,,",
        "north,evan,,02,Evan,Khan,M,2020-03-04,2,,,,",
        "south,ethan,,02,Ethan,Khan,M,2020-03-04,1,,,,",
    ]);
    bench.ok(&["trace", "prepare", "records.csv", "--out", "request"]);
    let keys = bench.rows("request/keys.csv");
    // The service cannot part ETHAN and EVAN (MPS, section 4.6 of its handbook): similar enough to be taken one by one.
    let rows: String = keys
        .iter()
        .map(|key| {
            let given = if key["record_id"] == "evan" { "EVAN" } else { "ETHAN" };
            let answer = Answer { family: "KHAN", given, sex: "1", ..amara("", "00") };
            answer.row(&key["reference"]) + "\n"
        })
        .collect();
    fs::write(bench.path("response.csv"), rows).expect("written");
    bench.ok(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
    for row in bench.rows("traced/traced.csv") {
        assert_eq!(
            (row["outcome"].as_str(), row["reason"].as_str()),
            ("to-resolve", "one-number-for-several-children")
        );
        assert_eq!(row["nhs_number"], "");
    }
}

#[test]
fn a_response_to_another_request_and_answers_that_differ_are_not_applied() {
    let bench = without_numbers(&["a"]);
    let reference = bench.reference("a");
    let good = amara("a", "00");
    fs::write(bench.path("response.csv"), good.row("00000000-0000001") + "\n").expect("written");
    let refused = bench.run(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("trace/other-request"));

    // The same answer twice is one; two answers that differ are none; a stranger's row is set aside.
    let rows = [good.row(&reference), good.row(&reference), good.row("00000000-0000001")].join("\n");
    fs::write(bench.path("response.csv"), rows + "\n").expect("written");
    let told: Value =
        serde_json::from_str(&bench.ok(&["trace", "apply", "request", "response.csv", "--out", "traced", "--json"]))
            .expect("one JSON object");
    assert_eq!(
        (&told["outcomes"]["verified"], &told["set_aside"], &told["answers"]),
        (&1.into(), &1.into(), &3.into())
    );
    let rows = [good.row(&reference), Answer { number: "9693632109", ..good }.row(&reference)].join("\n");
    fs::write(bench.path("response.csv"), rows + "\n").expect("written");
    bench.ok(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
    assert_eq!(bench.rows("traced/traced.csv")[0]["outcome"], "unanswered");
    assert_eq!(bench.rows("traced/quarantine.csv").len(), 2);
}

#[test]
fn linkage_takes_what_was_traced_and_an_adopted_child_is_not_joined_again() {
    // One child before and after adoption: given name, birth date and place agree, and the old record's number was
    // invalidated. The school still holds the old number.
    let bench = Bench::with(&[
        "births,old,9434765919,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,",
        "school,stale,9434765919,02,Amara,Okafor,F,2020-03-04,,7 Blue Street,N4 2AB,,",
        "practice,new,4010232137,01,Amara,Jones,F,2020-03-04,,7 Blue Street,N4 2AB,,",
        "school,new,,02,Amara,Jones,F,2020-03-04,,7 Blue Street,N4 2AB,,",
    ]);
    bench.ok(&["trace", "prepare", "records.csv", "--out", "request"]);
    let keys = bench.rows("request/keys.csv");
    let of = |source: &str, id: &str| {
        keys.iter().find(|key| key["source"] == source && key["record_id"] == id).expect("asked about")["reference"]
            .clone()
    };
    let invalid = Answer { code: "91", number: "0000000000", ..Answer::default() };
    let found = Answer { family: "JONES", number: "4010232137", ..amara("", "92") };
    fs::write(
        bench.path("response.csv"),
        format!("{}\n{}\n", invalid.row(&of("births", "old")), found.row(&of("school", "new"))),
    )
    .expect("written");
    bench.ok(&["trace", "apply", "request", "response.csv", "--out", "traced"]);
    let mut model = childlink::linkage::model::Model::child_health();
    model.provenance.trained_on_records = 1;
    fs::write(bench.path("model.json"), model.to_json()).expect("written");
    bench.ok(&["link", "records.csv", "--model", "model.json", "--traced", "traced/traced.csv", "--out", "linked"]);
    let child: BTreeMap<String, String> = bench
        .rows("linked/children.csv")
        .into_iter()
        .map(|row| (format!("{}/{}", row["source"], row["record_id"]), row["child_id"].clone()))
        .collect();
    assert_eq!(child["practice/new"], child["school/new"], "the traced number joins the new identity's records");
    for old in ["births/old", "school/stale"] {
        assert_ne!(child[old], child["practice/new"], "{old}");
    }
    assert_ne!(child["births/old"], child["school/stale"], "invalidated records have left the pool");
    for name in ["links", "review", "restricted"] {
        let listed = bench.text(&format!("linked/{name}.csv"));
        assert!(!listed.contains("births,old") && !listed.contains("school,stale"), "{name}: {listed}");
    }
    // Code 92 for one record withholds the whereabouts of the child in every list.
    bench.ok(&["best", "linked", "--out", "best"]);
    let best = bench.rows("best/best.csv");
    let new = best.iter().find(|row| row["child_id"] == child["practice/new"]).expect("the child");
    assert_eq!((new["postcode"].as_str(), new["nhs_number"].as_str()), ("(withheld)", "4010232137"));
    // A second request asks about nothing that is settled.
    bench.ok(&["trace", "prepare", "records.csv", "--traced", "traced/traced.csv", "--out", "again"]);
    let why: BTreeMap<String, String> = bench
        .rows("again/not-asked.csv")
        .into_iter()
        .map(|row| (format!("{}/{}", row["source"], row["record_id"]), row["why"].clone()))
        .collect();
    assert_eq!(why["births/old"], "invalidated");
    assert_eq!(why["school/stale"], "invalidated");
    assert_eq!(why["school/new"], "traced-before");
}
