//! The cases of `tests/cases/schedule`, each citing its source, and the proof that every rule has one
//! at work and one where it does not apply.

use childlink::schedule::Programme;

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
    let coverage = Programme::built_in().check_cases(&CASES.concat()).expect("the cases hold");
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
