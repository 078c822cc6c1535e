//! The cases of `tests/cases/schedule`, each citing its source, and the proof that every rule has one
//! at work and one where it does not apply.

use childlink::date::Date;
use childlink::error::Finding;
use childlink::schedule::{Extent, Programme, Verdict, immunisations, parse_child};

const CASES: [&str; 3] = [
    include_str!("cases/schedule/infant.toml"),
    include_str!("cases/schedule/school.toml"),
    include_str!("cases/schedule/selective.toml"),
];

#[test]
fn every_case_comes_out_as_its_source_says() {
    let faults: String = CASES
        .iter()
        .filter_map(|text| Programme::built_in().check_cases(text).err())
        .flatten()
        .map(|fault| format!("{fault}\n"))
        .collect();
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_rule_has_a_positive_and_a_negative_case() {
    // As read from its file, which carries cases of its own.
    let programme = include_str!("../data/schedules/uk-immunisation.toml");
    let programme = Programme::parse(programme).expect("no fault");
    let coverage = programme.check_cases(&CASES.concat()).expect("the cases hold");
    let bare: Vec<_> = coverage.rules.iter().filter(|(_, shown, denied)| *shown == 0 || *denied == 0).collect();
    assert!(bare.is_empty(), "rules without a case that shows or denies them: {bare:?}");
    assert!(coverage.cases > 140, "{}", coverage.cases);
}

#[test]
fn a_case_file_that_names_an_unknown_rule_is_refused() {
    let text = "[[case]]\nname = 'x'\ncites = 'y'\nborn = 2026-01-05\nas_at = 2026-03-02\nshows = ['mmr/none']\n\
        expect = { mmr = 'not-yet-due' }\n";
    let faults = Programme::built_in().check_cases(text).unwrap_err();
    assert!(faults.iter().any(|fault| fault.found.contains("mmr/none")), "{faults:?}");
}

/// Oral polio vaccine counts up to March 2016; the rule is confirmed, its wording is not.
#[test]
fn oral_polio_vaccine_is_pointed_out_whether_it_counts_or_not() {
    let programme = Programme::built_in();
    let as_at = Date::new(2026, 11, 21).expect("a day");
    for (date, counts) in [("2016-03-31", true), ("2016-04-01", false)] {
        let antigens = r#"{"antigens":["diphtheria","tetanus","pertussis","OPV","hib","hepatitis-b"]}"#;
        let line = format!(
            r#"{{"birth_date":"2015-12-01","nation":"england","doses":[{{"date":"{date}","product":{antigens}}}]}}"#
        );
        let child = parse_child(line.as_bytes(), programme.vocabulary()).expect("a child");
        let answer = immunisations(programme, &child, as_at, Extent::Forecast);
        let six_in_one = programme.vocabulary().series("six-in-one");
        let valid = answer.verdicts.iter().any(|v| v.series == six_in_one && v.reason.verdict() == Verdict::Valid);
        assert_eq!(valid, counts, "{date}");
        let on_dose = |finding: &Finding| (finding.code.id, finding.field, finding.position);
        let pointed_out =
            answer.findings.iter().map(on_dose).filter(|at| *at == ("schedule/unconfirmed", "doses", Some(0)));
        assert_eq!(pointed_out.count(), 1, "{date}: {:?}", answer.findings);
    }
}
