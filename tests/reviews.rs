//! Health reviews and vitamin K against `tests/cases/reviews.toml`: each case restates a row of its
//! source.

use childlink::date::{Date, PartialDate};
use childlink::error::Finding;
use childlink::schedule::reviews::Reviews;
use childlink::schedule::{Child, Class, Nation, Review, ReviewForecast, VitaminK};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    nation: Option<String>,
    birth_date: String,
    death_date: Option<String>,
    class: Option<i8>,
    as_at: String,
    #[serde(default)]
    reviews: Vec<Took>,
    #[serde(default)]
    vitamin_k: Vec<Dose>,
    #[serde(default)]
    expect: Vec<Expected>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    nothing_due: bool,
    count: Option<usize>,
    #[serde(default)]
    findings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Took {
    date: String,
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dose {
    date: String,
    route: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    status: String,
    due: Option<String>,
    breach_from: Option<String>,
    standard: Option<String>,
}

impl Case {
    fn child(&self) -> Child<'_> {
        let date = |text: &str| PartialDate::parse(text).expect("a date of the case");
        Child {
            birth_date: Some(date(&self.birth_date)),
            death_date: self.death_date.as_deref().map(date),
            nation: self.nation.as_deref().map(|n| Nation::parse(n).expect("a nation")),
            class: self.class.and_then(Class::new),
            reviews: self
                .reviews
                .iter()
                .map(|took| Review { date: Some(date(&took.date)), kind: took.kind.as_str().into() })
                .collect(),
            vitamin_k: self
                .vitamin_k
                .iter()
                .map(|dose| VitaminK { date: Some(date(&dose.date)), route: dose.route.as_str().into() })
                .collect(),
            ..Child::default()
        }
    }
}

impl Expected {
    /// What differs, if anything. What a case does not state is not looked at.
    fn differs(&self, got: &ReviewForecast<'_>) -> Option<String> {
        let day = |date: Option<Date>| date.map(|d| d.to_string());
        if self.status != got.status.as_str() {
            return Some(format!("status: expected {}, got {}", self.status, got.status.as_str()));
        }
        let pairs = [
            ("due", &self.due, day(got.due)),
            ("breach_from", &self.breach_from, day(got.breach_from)),
            ("standard", &self.standard, got.standard.map(str::to_owned)),
        ];
        let (name, expected, got) =
            pairs.into_iter().find(|(_, expected, got)| expected.is_some() && *expected != got)?;
        Some(format!("{name}: expected {expected:?}, got {got:?}"))
    }
}

#[test]
fn every_case_holds() {
    let cases: Cases = toml::from_str(include_str!("cases/reviews.toml")).expect("the cases");
    let mut faults = Vec::new();
    for case in &cases.case {
        let as_at = Date::parse(&case.as_at).expect("as_at");
        let mut findings: Vec<Finding> = Vec::new();
        let forecasts = Reviews::built_in().evaluate(&case.child(), as_at, &mut findings);
        let mut fault = |text: String| faults.push(format!("{} [{}]: {text}", case.name, case.source));
        for expected in &case.expect {
            match forecasts.iter().find(|f| f.kind == expected.kind) {
                Some(got) => {
                    if let Some(difference) = expected.differs(got) {
                        fault(format!("{} {difference}", expected.kind));
                    }
                }
                None => fault(format!("{} is not listed", expected.kind)),
            }
        }
        for kind in &case.absent {
            if forecasts.iter().any(|f| f.kind == kind) {
                fault(format!("{kind} is listed"));
            }
        }
        if case.nothing_due && forecasts.iter().any(|f| f.status.as_str() != "not-required" || f.due.is_some()) {
            fault("something is not `not-required`".to_owned());
        }
        if case.count.is_some_and(|count| forecasts.len() != count) {
            fault(format!("{} are listed", forecasts.len()));
        }
        for code in &case.findings {
            if !findings.iter().any(|finding| finding.code.id == code) {
                fault(format!("no finding {code}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.case.len(), faults.join("\n"));
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
    let code = |file: String| Reviews::parse(&[&file], vitamin_k).map(|_| ()).unwrap_err().code;
    assert_eq!(code(england.replace("class = 0", "")), "reviews/when");
    assert_eq!(code(england.replace("source = \"HV\"", "source = \"HX\"")), "programme/source-unknown");
    assert_eq!(code(england.replace("kind = \"one-year\"", "kind = 1")), "reviews/unreadable");
}
