//! Health reviews and vitamin K against `tests/cases/reviews.toml`: each case restates a row of its
//! source.

mod care_case;

use care_case::{Line, check_cases};
use childlink::date::{Date, PartialDate};
use childlink::schedule::Child;
use childlink::schedule::reviews::Reviews;

#[test]
fn every_case_holds() {
    check_cases(include_str!("cases/reviews.toml"), |child, as_at, findings| {
        let forecasts = Reviews::built_in().evaluate(child, as_at, findings);
        let line = |review: childlink::schedule::ReviewForecast<'static>| Line {
            kind: review.kind,
            condition: None,
            status: review.status.as_str(),
            need: None,
            due: review.due,
            breach_from: review.breach_from,
            standard: review.standard,
        };
        forecasts.into_iter().map(line).collect()
    });
}

#[test]
fn files_a_year_past_their_review_say_so() {
    let child = Child { birth_date: PartialDate::parse("2027-11-01").ok(), ..Child::default() };
    for (as_at, stale) in [("2027-11-21", false), ("2027-11-22", true)] {
        let mut findings = Vec::new();
        Reviews::built_in().evaluate(&child, Date::parse(as_at).expect("a date"), &mut findings);
        assert_eq!(findings.iter().any(|f| f.code.id == "schedule/programme-stale"), stale, "{as_at}");
    }
}

#[test]
fn a_faulty_file_is_refused_with_the_reason() {
    let england = include_str!("../data/schedules/england-reviews.toml");
    let vitamin_k = include_str!("../data/schedules/oral-vitamin-k.toml");
    let faults = |file: &str| -> String {
        let faults = Reviews::parse(&[file], vitamin_k).map(|_| ()).unwrap_err();
        faults.iter().map(|fault| format!("{fault}\n")).collect()
    };
    for (from, to, found) in [
        ("class = 0", "", "needs either `due` or `class`"),
        ("source = \"HV\"", "source = \"HX\"", "`HX` is no source of the file"),
        ("kind = \"one-year\"", "kind = 1", "is not text in quotes"),
    ] {
        let said = faults(&england.replacen(from, to, 1));
        assert!(said.contains(found), "{found} not in {said}");
    }
    let without_dose = vitamin_k.replacen("due = \"4d\"", "", 1);
    let faults = Reviews::parse(&[england], &without_dose).map(|_| ()).unwrap_err();
    assert!(faults[0].found.contains("dose 1 has no `due`"), "{faults:?}");
}
