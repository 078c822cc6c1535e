//! Newborn screens against `tests/cases/screens.toml`: each case restates a row of its source.

mod care_case;

use care_case::{Line, check_cases};
use childlink::date::Date;
use childlink::schedule::screens::Screens;
use childlink::schedule::{Child, Screen, ScreenKind};

#[test]
fn every_case_holds() {
    check_cases(include_str!("cases/screens.toml"), |child, as_at, findings| {
        let forecasts = Screens::built_in().evaluate(child, as_at, findings);
        let line = |screen: childlink::schedule::ScreenForecast<'static>| Line {
            kind: screen.kind.as_str(),
            condition: screen.condition,
            status: screen.status.as_str(),
            need: Some(screen.need.as_str()),
            due: screen.due,
            breach_from: screen.breach_from,
            standard: screen.standard,
        };
        forecasts.into_iter().map(line).collect()
    });
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
fn a_faulty_file_is_refused_with_line_and_reason() {
    let outcomes = include_str!("../data/schedules/screen-outcomes.toml");
    let england = include_str!("../data/schedules/england-newborn-screens.toml");
    let fault = |files: &[&str], outcomes: &str| {
        let faults = Screens::parse(files, outcomes).map(|_| ()).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults[0].to_string()
    };
    assert!(fault(&[england, england], outcomes).contains("another file holds the screens of england"));
    let line = |text: &str, part: &str| 1 + text.lines().position(|line| line.contains(part)).expect("a line");
    for (from, to, found) in [
        ("source = \"HT1\"", "source = \"HT2\"", "`HT2` is no source of the file; add [source.HT2]"),
        ("by = \"17d\"", "by = \"17 days\"", "`by` of screen 1 is not an age or interval"),
        ("kind = \"blood-spot\"", "kind = \"blood\"", "`kind` of screen 1 is not blood-spot, hearing"),
        ("latest = \"8d\"", "last = \"8d\"", "`last` is no key of transfusion of screen 1"),
        ("nations = [\"england\"]", "nations = [\"England\"]", "`England` is no nation"),
    ] {
        let said = fault_of_many(&england.replacen(from, to, 1), outcomes);
        let place = format!("line {}: {found}", line(&england.replacen(from, to, 1), to));
        assert!(said.contains(&place), "{place}\nnot in\n{said}");
    }
    let unknown = outcomes.replace("\"hip-ultrasound\"", "\"x-ray\"");
    assert!(fault(&[england], &unknown).contains(&format!("line {}", line(&unknown, "\"x-ray\""))));
}

fn fault_of_many(file: &str, outcomes: &str) -> String {
    let faults = Screens::parse(&[file], outcomes).map(|_| ()).unwrap_err();
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}
