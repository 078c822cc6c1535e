//! Newborn screens against `tests/cases/screens.toml`: each case restates a row of its source.

use childlink::date::{Date, PartialDate};
use childlink::error::Finding;
use childlink::schedule::screens::Screens;
use childlink::schedule::{Child, Nation, Screen, ScreenForecast, ScreenKind, Sex};
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
    sex: Option<String>,
    gestation_weeks: Option<u8>,
    as_at: String,
    #[serde(default)]
    screens: Vec<Record>,
    #[serde(default)]
    expect: Vec<Expected>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    nothing_due: bool,
    #[serde(default)]
    findings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    date: String,
    kind: String,
    #[serde(default)]
    condition: String,
    outcome: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    condition: Option<String>,
    status: Option<String>,
    need: Option<String>,
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
            sex: self.sex.as_deref().map(|sex| if sex == "female" { Sex::Female } else { Sex::Male }),
            gestation_weeks: self.gestation_weeks,
            screens: self.screens.iter().map(Record::screen).collect(),
            ..Child::default()
        }
    }
}

impl Record {
    fn screen(&self) -> Screen<'_> {
        Screen {
            date: PartialDate::parse(&self.date).ok(),
            kind: ScreenKind::parse(&self.kind).expect("a screen"),
            condition: self.condition.as_str().into(),
            outcome: self.outcome.as_str().into(),
        }
    }
}

impl Expected {
    /// What differs, if anything. What a case does not state is not looked at.
    fn differs(&self, got: &ScreenForecast<'_>) -> Option<String> {
        let day = |date: Option<Date>| date.map(|d| d.to_string());
        let pairs = [
            ("status", &self.status, Some(got.status.as_str().to_owned())),
            ("need", &self.need, Some(got.need.as_str().to_owned())),
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
    let cases: Cases = toml::from_str(include_str!("cases/screens.toml")).expect("the cases");
    let mut faults = Vec::new();
    for case in &cases.case {
        let as_at = Date::parse(&case.as_at).expect("as_at");
        let mut findings: Vec<Finding> = Vec::new();
        let forecasts = Screens::built_in().evaluate(&case.child(), as_at, &mut findings);
        let mut fault = |text: String| faults.push(format!("{} [{}]: {text}", case.name, case.source));
        for expected in &case.expect {
            let mut same = forecasts
                .iter()
                .filter(|f| f.kind.as_str() == expected.kind && f.condition == expected.condition.as_deref());
            match (same.next(), same.next()) {
                (Some(got), None) => {
                    if let Some(difference) = expected.differs(got) {
                        fault(format!("{:?} {difference}", expected.condition));
                    }
                }
                (None, _) => fault(format!("{:?} is not listed", expected.condition)),
                (Some(_), Some(_)) => fault(format!("{:?} is listed twice", expected.condition)),
            }
        }
        for condition in &case.absent {
            if forecasts.iter().any(|f| f.condition == Some(condition)) {
                fault(format!("{condition} is listed"));
            }
        }
        if case.nothing_due && forecasts.iter().any(|f| f.status.as_str() != "not-required" || f.due.is_some()) {
            fault("something is not `not-required`".to_owned());
        }
        for code in &case.findings {
            if !findings.iter().any(|finding| finding.code.id == code) {
                fault(format!("no finding {code}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.case.len(), faults.join("\n"));
}

/// For every age of the first 14 months and every single outcome, dates are coherent: what is open has a
/// due day, the status follows from the days, and what is closed has none.
#[test]
fn days_are_coherent_at_every_age_after_every_outcome() {
    let born = Date::new(2026, 1, 31).expect("a date");
    let outcomes = ["", "01", "0201", "0302", "04", "08", "09", "transfused", "moved-in", "not-offered"];
    for outcome in outcomes {
        for (gestation_weeks, day) in [(None, 6), (Some(30), 6), (Some(36), 200)] {
            let record = Screen {
                date: Some(born.add_days(day).into()),
                kind: ScreenKind::BloodSpot,
                condition: "".into(),
                outcome: outcome.into(),
            };
            let child = Child {
                birth_date: Some(born.into()),
                gestation_weeks,
                screens: if outcome.is_empty() { Vec::new() } else { vec![record] },
                ..Child::default()
            };
            for age in 0..430 {
                let as_at = born.add_days(age);
                for forecast in Screens::built_in().evaluate(&child, as_at, &mut Vec::new()) {
                    let shown = || format!("{outcome} {gestation_weeks:?} age {age}: {forecast:?}");
                    match forecast.status.as_str() {
                        "due" | "overdue" | "not-yet-due" => {
                            let due = forecast.due.unwrap_or_else(|| panic!("no due day: {}", shown()));
                            assert_eq!(forecast.status.as_str() == "not-yet-due", as_at < due, "{}", shown());
                            let breached = forecast.breach_from.is_some_and(|day| as_at >= day && as_at >= due);
                            assert_eq!(forecast.status.as_str() == "overdue", breached, "{}", shown());
                            assert!(forecast.standard.is_some(), "{}", shown());
                        }
                        _ => assert!(
                            forecast.due.is_none() && forecast.breach_from.is_none() && forecast.standard.is_none(),
                            "{}",
                            shown()
                        ),
                    }
                }
            }
        }
    }
}

/// Every test code that screening messages carry names a condition.
#[test]
fn message_codes_name_their_conditions() {
    // Events Management Service, blood spot, hearing and NIPE outcome messages, January 2025.
    for (code, condition) in [
        ("314081000", "pku"),
        ("314090007", "scd"),
        ("171191008", "cf"),
        ("400984005", "cht"),
        ("428056008", "mcadd"),
        ("940201000000107", "hcu"),
        ("940221000000103", "msud"),
        ("940131000000109", "ga1"),
        ("940151000000102", "iva"),
        ("1239891000000106", "scid"),
        ("2201661000000107", "ht1"),
        ("985531000000102", "hips"),
        ("988361000000105", "eyes"),
        ("988371000000103", "testes"),
        ("988351000000107", "heart"),
    ] {
        assert_eq!(Screens::built_in().condition_by_snomed(code).map(|(_, name)| name), Some(condition), "{code}");
    }
    assert_eq!(Screens::built_in().condition_by_snomed("314080004"), None, "the code that was corrected for cf");
}

#[test]
fn a_faulty_file_is_refused_with_the_reason() {
    let outcomes = include_str!("../data/schedules/screen-outcomes.toml");
    let england = include_str!("../data/schedules/england-newborn-screens.toml");
    let code = |files: &[&str], outcomes: &str| Screens::parse(files, outcomes).map(|_| ()).unwrap_err().code;
    assert_eq!(code(&[england, england], outcomes), "screens/nation-twice");
    assert_eq!(code(&[&england.replace("source = \"HT1\"", "source = \"HT2\"")], outcomes), "programme/source-unknown");
    assert_eq!(code(&[&england.replace("\"17d\"", "\"17 days\"")], outcomes), "screens/unreadable");
    assert_eq!(code(&[england], &outcomes.replace("\"hip-ultrasound\"", "\"x-ray\"")), "screens/follow-up-unknown");
    let line = Screens::parse(&[&england.replace("\"17d\"", "\"17 days\"")], outcomes).map(|_| ()).unwrap_err();
    assert!(line.message.contains("line "), "{}", line.message);
}
