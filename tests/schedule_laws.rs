//! Laws of the schedule that hold for every child: one coherent forecast for each series, and verdicts
//! that later doses cannot change.

use childlink::date::{Date, PartialDate};
use childlink::schedule::{
    Child, ChildSchedule, Decision, DecisionKind, Dose, Extent, Given, Nation, ProductText, Programme, Programmes, Sex,
    Status, immunisations, schedule_lines,
};
use proptest::prelude::*;
use std::borrow::Cow;

const PRODUCTS: [&str; 24] = [
    "infanrix-hexa",
    "pediacel",
    "bexsero",
    "rotarix",
    "prevenar-7",
    "prevenar-13",
    "prevenar-20",
    "pneumovax-23",
    "menitorix",
    "neisvac-c",
    "priorix",
    "proquad",
    "varivax",
    "repevax",
    "infanrix-ipv",
    "revaxis",
    "menquadfi",
    "gardasil-9",
    "fluenz",
    "influenza-inactivated",
    "engerix-b-paediatric",
    "bcg",
    "nirsevimab",
    "vaxelis",
];
const RISKS: [&str; 6] =
    ["hepatitis-b-exposed", "bcg-eligible", "asplenia", "flu-at-risk", "immunosuppressed", "rsv-high-risk"];

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

fn dose(date: PartialDate, product: &str) -> Dose<'static> {
    let id = Programme::built_in().vocabulary().product(product).expect("a product");
    Dose {
        date: Some(date),
        given: Given::Product(id),
        date_text: Cow::Owned(date.to_string()),
        product_text: ProductText::Id(Cow::Owned(product.to_owned())),
    }
}

fn child(born: Date, sex: Option<Sex>, nation: Nation, doses: Vec<Dose<'static>>) -> Child<'static> {
    Child { birth_date: Some(born.into()), sex, nation: Some(nation), doses, ..Child::default() }
}

/// Fails unless each series has one entry whose days are in order.
fn assert_coherent(answer: &ChildSchedule<'_>, doses: usize, what: &str) {
    let all: Vec<_> = Programme::built_in().vocabulary().all_series().collect();
    assert_eq!(answer.forecast.iter().map(|entry| entry.series).collect::<Vec<_>>(), all, "{what}");
    let as_at = answer.as_at.expect("a day");
    for entry in &answer.forecast {
        let found = format!("{what}: {entry:?}");
        let days = [entry.earliest, entry.due, entry.overdue_from];
        match entry.status {
            Status::Due
            | Status::Overdue
            | Status::NotYetDue
            | Status::Declined
            | Status::Deferred
            | Status::Blocked => {
                let [Some(earliest), Some(due), Some(overdue)] = days else { panic!("{found}") };
                assert!(earliest <= due && due <= overdue && entry.dose.is_some(), "{found}");
                assert!(
                    entry.latest.is_none_or(|latest| earliest <= latest && due <= latest && as_at <= latest),
                    "{found}"
                );
                match entry.status {
                    Status::NotYetDue => assert!(as_at < due, "{found}"),
                    Status::Due => assert!(due <= as_at && as_at < overdue, "{found}"),
                    Status::Overdue => assert!(overdue <= as_at, "{found}"),
                    _ => {}
                }
            }
            _ => assert!(days.iter().all(Option::is_none) && entry.latest.is_none() && entry.dose.is_none(), "{found}"),
        }
        assert!(!entry.rule.is_empty() && !entry.source.is_empty(), "{found}");
    }
    for dose in 0..doses {
        assert!(answer.verdicts_on(dose).next().is_some(), "{what}: dose {dose} has no verdict");
    }
    let mut last = as_at;
    for visit in &answer.visits {
        assert!(last <= visit.date && !visit.give.is_empty(), "{what}: {:?}", answer.visits);
        last = visit.date.add_days(1);
    }
}

/// Every birth date on which a rule turns, the days around it, leap days and month ends, and one day in
/// fifty-three besides.
fn birth_dates() -> Vec<Date> {
    let mut dates = Vec::new();
    for edge in [
        "2006-01-01",
        "2006-09-01",
        "2006-09-04",
        "2013-04-08",
        "2015-05-01",
        "2015-07-01",
        "2016-04-01",
        "2017-08-01",
        "2020-01-01",
        "2021-09-01",
        "2022-09-01",
        "2024-07-01",
        "2025-01-01",
        "2025-04-08",
        "2008-02-29",
        "2012-02-29",
        "2016-02-29",
        "2020-02-29",
        "2024-02-29",
        "2010-08-31",
        "2011-12-31",
        "2013-03-01",
        "2014-07-02",
        "2026-12-31",
    ] {
        dates.extend((-1..=1).map(|step| day(edge).add_days(step)));
    }
    let days = day("2026-12-31").days_since(day("2006-01-01"));
    dates.extend((0..=days / 53).map(|step| day("2006-01-01").add_days(step * 53)));
    dates
}

/// A few histories: none, on time, half, late, early, and muddled.
fn histories(born: Date) -> Vec<Vec<Dose<'static>>> {
    let give = |plan: &[(i32, i32, &str)]| {
        plan.iter()
            .map(|(months, days, product)| dose(born.add_months(*months).add_days(*days).into(), product))
            .collect()
    };
    let on_time = [
        (0, 56, "infanrix-hexa"),
        (0, 56, "bexsero"),
        (0, 56, "rotarix"),
        (0, 84, "infanrix-hexa"),
        (0, 84, "rotarix"),
        (0, 112, "infanrix-hexa"),
        (0, 112, "bexsero"),
        (0, 112, "prevenar-13"),
        (12, 0, "prevenar-13"),
        (12, 0, "bexsero"),
        (12, 0, "priorix"),
        (12, 0, "menitorix"),
        (40, 0, "proquad"),
        (40, 0, "repevax"),
        (150, 0, "gardasil-9"),
        (162, 0, "revaxis"),
        (162, 0, "menquadfi"),
    ];
    vec![
        Vec::new(),
        give(&on_time),
        give(&on_time[..6]),
        give(&[
            (20, 0, "infanrix-hexa"),
            (30, 0, "priorix"),
            (37, 0, "infanrix-hexa"),
            (118, 0, "repevax"),
            (121, 0, "revaxis"),
        ]),
        give(&[
            (0, 20, "infanrix-hexa"),
            (0, 40, "bexsero"),
            (8, 0, "priorix"),
            (11, 27, "prevenar-13"),
            (30, 0, "repevax"),
        ]),
        give(&[
            (0, 56, "neisvac-c"),
            (13, 0, "proquad"),
            (13, 10, "varivax"),
            (13, 11, "varivax"),
            (130, 0, "infanrix-hexa"),
        ]),
    ]
}

#[test]
fn every_birth_date_age_and_history_has_one_coherent_forecast_for_each_series() {
    let programme = Programme::built_in();
    let mut children = 0;
    for (place, born) in birth_dates().into_iter().enumerate() {
        for (kind, doses) in histories(born).into_iter().enumerate() {
            let nation = Nation::ALL[(place + kind) % 4];
            let sex = [None, Some(Sex::Female), Some(Sex::Male)][(place + kind) % 3];
            let mut child = child(born, sex, nation, doses);
            if kind % 2 == 1 {
                child.risks = programme.vocabulary().risk_group(RISKS[place % RISKS.len()]).expect("a risk group");
                child.gestation_weeks = Some(30);
            }
            for age in 0..=19 {
                let as_at = born.add_months(age * 12).add_days((place as i32 * 37) % 366);
                let given = child.doses.iter().filter(|dose| dose.date.is_some_and(|date| date.latest() <= as_at));
                let mut seen = child.clone();
                seen.doses = given.cloned().collect();
                let answer = immunisations(programme, &seen, as_at, Extent::Visits);
                assert_coherent(&answer, seen.doses.len(), &format!("born {born}, seen {as_at}, history {kind}"));
                children += 1;
            }
        }
    }
    assert!(children > 20_000, "{children}");
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let born = day("2021-02-28");
    for doses in histories(born) {
        let as_at = day("2026-11-21");
        let straight = child(born, None, Nation::England, doses.clone());
        let mut turned = straight.clone();
        turned.doses.reverse();
        let programme = Programme::built_in();
        let one = immunisations(programme, &straight, as_at, Extent::Visits);
        let other = immunisations(programme, &turned, as_at, Extent::Visits);
        assert_eq!(one.forecast, other.forecast);
        assert_eq!(one.visits, other.visits);
        for index in 0..doses.len() {
            let verdicts = |answer: &ChildSchedule<'_>, at| {
                answer.verdicts_on(at).map(|v| (v.series, v.dose, v.reason)).collect::<Vec<_>>()
            };
            assert_eq!(verdicts(&one, index), verdicts(&other, doses.len() - 1 - index));
        }
    }
}

#[test]
fn withdrawing_a_death_restores_everything() {
    let programme = Programme::built_in();
    let as_at = day("2026-11-21");
    let alive = child(day("2025-01-06"), Some(Sex::Female), Nation::England, histories(day("2025-01-06")).remove(2));
    let before = immunisations(programme, &alive, as_at, Extent::Visits);
    let mut dead = alive.clone();
    dead.death_date = Some(day("2026-01-01").into());
    let mourned = immunisations(programme, &dead, as_at, Extent::Visits);
    assert!(mourned.forecast.iter().all(|entry| entry.status == Status::NotRequired && entry.rule == "deceased"));
    assert!(mourned.visits.is_empty());
    dead.death_date = None;
    assert_eq!(immunisations(programme, &dead, as_at, Extent::Visits).forecast, before.forecast);
}

#[test]
fn a_reader_is_told_of_what_is_doubtful() {
    let born = day("2026-01-05");
    for (date, product, code) in [
        ("2026-02-15", "infanrix-hexa", "schedule/dose-nearly-in-time"),
        ("2026-03-01", "bexsero", "schedule/unconfirmed"),
        ("2026-01-04", "bexsero", "schedule/dose-before-birth"),
        ("2026-12-31", "bexsero", "schedule/dose-in-future"),
    ] {
        let child = child(born, None, Nation::England, vec![dose(day(date).into(), product)]);
        let answer = immunisations(Programme::built_in(), &child, day("2026-03-20"), Extent::Forecast);
        let found = answer.findings.iter().any(|finding| finding.code.id == code && finding.position == Some(0));
        assert!(found, "{date} {product}: {:?}", answer.findings);
    }
    let twice = vec![dose(day("2026-03-02").into(), "bexsero"), dose(day("2026-03-03").into(), "bexsero")];
    let child = child(born, None, Nation::England, twice);
    let answer = immunisations(Programme::built_in(), &child, day("2026-03-20"), Extent::Forecast);
    let code = "schedule/dose-recorded-twice";
    assert!(answer.findings.iter().any(|finding| finding.code.id == code && finding.position == Some(1)));
}

/// No national definition says from when a dose is overdue: the days are the programme file's own.
#[test]
fn that_days_of_being_overdue_are_ours_is_said_once_where_there_are_any() {
    let code = "schedule/overdue-unconfirmed";
    let times = |programme: &Programme, born: &str| {
        let child = child(day(born), None, Nation::England, Vec::new());
        let answer = immunisations(programme, &child, day("2026-03-20"), Extent::Forecast);
        let dated = answer.forecast.iter().any(|entry| entry.overdue_from.is_some());
        (dated, answer.findings.iter().filter(|finding| finding.code.id == code).count())
    };
    assert_eq!(times(Programme::built_in(), "2026-01-05"), (true, 1));
    let mut dead = child(day("2026-01-05"), None, Nation::England, Vec::new());
    dead.death_date = Some(day("2026-02-01").into());
    let answer = immunisations(Programme::built_in(), &dead, day("2026-03-20"), Extent::Forecast);
    assert!(answer.findings.iter().all(|finding| finding.code.id != code), "nothing is due");
    // A programme that has a source for it says nothing of the kind.
    let text = include_str!("../data/schedules/uk-immunisation.toml").replacen("overdue_unconfirmed = true\n", "", 1);
    let sourced = Programme::parse(&text).expect("no fault");
    assert_eq!(times(&sourced, "2026-01-05"), (true, 0));
}

#[test]
fn a_programme_reviewed_long_ago_is_pointed_out_on_every_child() {
    let stale = |as_at: &str| {
        let child = child(day("2025-01-06"), None, Nation::England, Vec::new());
        let answer = immunisations(Programme::built_in(), &child, day(as_at), Extent::Forecast);
        answer.findings.iter().any(|finding| finding.code.id == "schedule/programme-stale")
    };
    assert!(!stale("2027-11-21"));
    assert!(stale("2027-11-22"));
}

/// JSON of the right keys and any values.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}".prop_map(Into::into),
        prop::sample::select(&["2020", "2020-02", "proquad", "mmr", "refused", "hearing", "im", "Year 8", "é\"\\"][..])
            .prop_map(Into::into),
    ];
    let keys = prop::sample::select(
        &[
            "id",
            "birth_date",
            "death_date",
            "sex",
            "nation",
            "year_group",
            "gestation_weeks",
            "risk_groups",
            "doses",
            "screens",
            "reviews",
            "vitamin_k",
            "decisions",
            "as_at",
            "date",
            "product",
            "snomed",
            "antigens",
            "kind",
            "condition",
            "outcome",
            "route",
            "series",
            "status",
            "until",
        ][..],
    );
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map(keys.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_dose() -> impl Strategy<Value = (i32, usize, bool)> {
    (0..7_000i32, 0..PRODUCTS.len(), prop::bool::weighted(0.1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_line_has_one_answer_with_every_key(values in prop::collection::vec(any_json(), 1..4), junk in ".{0,40}") {
        let junk = junk.replace(['\n', '\r'], " ");
        let mut lines: Vec<String> = values.iter().map(ToString::to_string).collect();
        lines.push(junk.clone());
        let mut out = Vec::new();
        let counts = schedule_lines(&Programmes::built_in(), lines.join("\n").as_bytes(), day("2026-11-21"), &mut out);
        let blank = lines.iter().filter(|line| line.as_bytes().trim_ascii().is_empty()).count();
        prop_assert_eq!(counts.lines as usize, lines.len() - blank);
        let answers: Vec<&[u8]> = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        prop_assert_eq!(answers.len(), lines.len() - blank);
        for answer in answers {
            let answer: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
            for key in ["id", "as_at", "history", "forecast", "screens", "reviews", "visits", "findings"] {
                prop_assert!(answer.get(key).is_some(), "{key}");
            }
        }
    }

    #[test]
    fn a_later_dose_never_changes_an_earlier_verdict(
        start in 0..7_600i32,
        mut doses in prop::collection::vec(any_dose(), 1..14),
        risk in 0..RISKS.len(),
        decision in prop::option::of((0..17usize, 0..4usize)),
        month_only in prop::bool::weighted(0.1),
    ) {
        let programme = Programme::built_in();
        let vocabulary = programme.vocabulary();
        let born = day("2006-01-01").add_days(start);
        doses.sort_unstable();
        let given: Vec<Dose<'_>> = doses
            .iter()
            .map(|(age, product, partial)| {
                let date = born.add_days(*age);
                let date = if *partial { PartialDate::new(date.year(), Some(date.month()), None).unwrap() } else { date.into() };
                dose(date, PRODUCTS[*product])
            })
            .collect();
        let mut child = child(born, None, Nation::England, given);
        child.risks = vocabulary.risk_group(RISKS[risk]).unwrap();
        if month_only {
            child.birth_date = PartialDate::new(born.year(), Some(born.month()), None).ok();
        }
        if let Some((series, kind)) = decision {
            let series = vocabulary.all_series().nth(series).unwrap();
            let kind = [DecisionKind::Refused, DecisionKind::Contraindicated, DecisionKind::Immune, DecisionKind::Deferred][kind];
            child.decisions.push(Decision { series, kind, until: Some(born.add_days(5_000)) });
        }
        let as_at = born.add_days(7_100);
        let whole = immunisations(programme, &child, as_at, Extent::Visits);
        assert_coherent(&whole, child.doses.len(), "any history");
        for length in 1..child.doses.len() {
            // Only a dose that lies after all that any earlier one can mean is a later one.
            let end = child.doses[..length].iter().filter_map(|dose| dose.date).map(PartialDate::latest).max();
            let next = child.doses[length..].iter().filter_map(|dose| dose.date).map(PartialDate::earliest).min();
            if next <= end {
                continue;
            }
            let mut shorter = child.clone();
            shorter.doses.truncate(length);
            let part = immunisations(programme, &shorter, as_at, Extent::Forecast);
            let earlier: Vec<_> = whole.verdicts.iter().filter(|verdict| (verdict.given as usize) < length).copied().collect();
            prop_assert_eq!(part.verdicts, earlier);
        }
    }
}
