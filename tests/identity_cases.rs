//! Runs the case tables of `tests/cases/identity`: each row states what a published source asks for.

use childlink::date::Date;
use childlink::error::Finding;
use childlink::identity::address::Address;
use childlink::identity::birth_date;
use childlink::identity::birth_order::BirthOrder;
use childlink::identity::chi_number::ChiNumber;
use childlink::identity::field::{Field, Parsed};
use childlink::identity::gp_practice::GpPractice;
use childlink::identity::health_care_number::HealthCareNumber;
use childlink::identity::name::{FamilyName, GivenName, are_nicknames, spelling_class};
use childlink::identity::nhs_number::{NhsNumber, NhsNumberStatus};
use childlink::identity::postcode::{Postcode, PostcodeKind};
use childlink::identity::raw::DateOrder;
use childlink::identity::sensitive::Sensitivity;
use childlink::identity::sex::Sex;
use childlink::identity::uprn::Uprn;
use childlink::identity::written_date::order_evidence;
use childlink::text::similarity::jaro_winkler;
use std::collections::BTreeMap;
use std::fmt::Display;

/// One row, by the names of the header.
struct Case(BTreeMap<String, String>);

impl Case {
    fn get(&self, column: &str) -> &str {
        self.0.get(column).unwrap_or_else(|| panic!("no column {column}"))
    }
}

/// Runs a table: `answer` gives, for the columns named, what the library says.
fn run<const N: usize>(table: &str, columns: [&str; N], answer: impl Fn(&Case) -> [String; N]) {
    let path = format!("{}/tests/cases/identity/{table}.csv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut failures = String::new();
    let mut count = 0;
    for row in reader.deserialize() {
        let case = Case(row.unwrap_or_else(|error| panic!("{path}: {error}")));
        count += 1;
        for (column, got) in columns.iter().zip(answer(&case)) {
            let expected = case.get(column);
            if got != expected {
                let (name, source) = (case.get("name"), case.get("source"));
                failures.push_str(&format!("{table}, {name}: {column} is {got:?}, not {expected:?} ({source})\n"));
            }
        }
    }
    assert!(count > 0, "{path} has no cases");
    assert!(failures.is_empty(), "\n{failures}");
}

/// Runs a table of one field: canonical value and codes.
fn run_field<T: Display>(table: &str, parse: impl Fn(&str) -> Parsed<T>) {
    run(table, ["value", "codes"], |case| {
        let parsed = parse(case.get("input"));
        [shown(parsed.value()), codes(&parsed.findings)]
    });
}

fn shown<T: Display>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.code.id).collect::<Vec<_>>().join("|")
}

fn order(text: &str) -> DateOrder {
    if text == "mdy" { DateOrder::MonthDayYear } else { DateOrder::DayMonthYear }
}

#[test]
fn nhs_number() {
    run_field("nhs_number", NhsNumber::parse_field);
}

#[test]
fn nhs_number_status() {
    run_field("nhs_number_status", NhsNumberStatus::parse_field);
}

#[test]
fn chi_number() {
    run_field("chi_number", ChiNumber::parse_field);
}

#[test]
fn health_care_number() {
    run_field("health_care_number", HealthCareNumber::parse_field);
}

#[test]
fn sex() {
    run_field("sex", Sex::parse_field);
}

#[test]
fn birth_order() {
    run_field("birth_order", BirthOrder::parse_field);
}

#[test]
fn gp_practice() {
    run_field("gp_practice", GpPractice::parse_field);
}

#[test]
fn uprn() {
    run_field("uprn", Uprn::parse_field);
}

#[test]
fn given_name() {
    run("given_name", ["value", "birth_order", "codes"], |case| {
        let parsed = GivenName::parse_field(case.get("input"));
        let value = parsed.value().map(|name| name.comparison().to_owned()).unwrap_or_default();
        [value, shown(BirthOrder::in_name(case.get("input")).as_ref()), codes(&parsed.findings)]
    });
}

#[test]
fn family_name() {
    run("family_name", ["value", "birth_order", "codes"], |case| {
        let parsed = FamilyName::parse_field(case.get("input"));
        let value = parsed.value().map(|name| name.comparison().to_owned()).unwrap_or_default();
        [value, shown(BirthOrder::in_name(case.get("input")).as_ref()), codes(&parsed.findings)]
    });
}

#[test]
fn name_pairs() {
    run("name_pairs", ["expected"], |case| {
        let given = |side| GivenName::parse_field(case.get(side)).value().cloned().expect("a given name");
        let first = |side| given(side).tokens().next().expect("a word").to_owned();
        let family = |side| FamilyName::parse_field(case.get(side)).value().cloned().expect("a family name");
        let related = match case.get("relation") {
            "nickname" => are_nicknames(&first("left"), &first("right")),
            "spelling" => spelling_class(&first("left")) == spelling_class(&first("right")),
            "stem" => {
                let stem = |name: FamilyName| name.stem().unwrap_or(name.comparison().to_owned());
                stem(family("left")) == stem(family("right"))
            }
            "cut-off" => family("left").agrees_as_far_as_written(&family("right")),
            relation => panic!("no relation {relation}"),
        };
        [if related { "yes" } else { "no" }.to_owned()]
    });
}

#[test]
fn postcode() {
    run("postcode", ["value", "kind", "area", "district", "sector", "codes"], |case| {
        let parsed = Postcode::parse_field(case.get("input"));
        let part = |part: fn(&Postcode) -> &str| parsed.value().map(part).unwrap_or_default().to_owned();
        let kind = part(|postcode| match postcode.kind() {
            PostcodeKind::Real => "real",
            PostcodeKind::Pseudo => "pseudo",
            PostcodeKind::StandIn => "stand-in",
        });
        [
            shown(parsed.value()),
            kind,
            part(Postcode::area),
            part(Postcode::district),
            part(Postcode::sector),
            codes(&parsed.findings),
        ]
    });
}

#[test]
fn birth_dates() {
    run("birth_date", ["value", "codes"], |case| {
        let as_at = Date::parse(case.get("as_at")).ok();
        let parsed = birth_date::parse_field(case.get("input"), order(case.get("order")), as_at);
        [shown(parsed.value()), codes(&parsed.findings)]
    });
}

#[test]
fn date_order() {
    run("date_order", ["value"], |case| {
        let told = match order_evidence(case.get("input")) {
            Some(DateOrder::DayMonthYear) => "dmy",
            Some(DateOrder::MonthDayYear) => "mdy",
            None => "",
        };
        [told.to_owned()]
    });
}

#[test]
fn address() {
    run("address", ["tokens", "house_number", "flat", "codes"], |case| {
        let lines = ["line_1", "line_2", "line_3", "line_4", "line_5"].map(|line| case.get(line));
        let parsed = Address::parse_field(lines);
        let part = |part: fn(&Address) -> Option<&str>| parsed.value().and_then(part).unwrap_or_default().to_owned();
        let tokens = match &parsed.field {
            Field::Valid(address) => address.tokens().collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        [tokens, part(Address::house_number), part(Address::flat), codes(&parsed.findings)]
    });
}

#[test]
fn sensitive_flag() {
    run("sensitive", ["value", "codes"], |case| {
        let (sensitivity, finding) = Sensitivity::parse(case.get("input"));
        let value = match sensitivity {
            Sensitivity::Open => "no",
            Sensitivity::Sensitive => "yes",
            Sensitivity::Invalidated => "invalidated",
        };
        [value.to_owned(), codes(finding.as_slice())]
    });
}

#[test]
fn jaro_winkler_in_hundredths() {
    run("jaro_winkler", ["value"], |case| {
        [format!("{:.1}", jaro_winkler(case.get("left"), case.get("right")) * 100.0)]
    });
}
