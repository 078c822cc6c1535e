//! The cases of `tests/cases/screens.toml` and `tests/cases/reviews.toml`: one form, one loop.

use childlink::date::{Date, PartialDate};
use childlink::error::Finding;
use childlink::schedule::{Child, Class, Nation, Review, Screen, ScreenKind, Sex, VitaminK};
use serde::Deserialize;

/// One line of an answer, in the words of the cases.
pub(crate) struct Line<'p> {
    pub(crate) kind: &'p str,
    pub(crate) condition: Option<&'p str>,
    pub(crate) status: &'static str,
    pub(crate) need: Option<&'static str>,
    pub(crate) due: Option<Date>,
    pub(crate) breach_from: Option<Date>,
    pub(crate) standard: Option<&'p str>,
}

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
    class: Option<i8>,
    as_at: String,
    #[serde(default)]
    screens: Vec<Event>,
    #[serde(default)]
    reviews: Vec<Event>,
    #[serde(default)]
    vitamin_k: Vec<Event>,
    #[serde(default)]
    expect: Vec<Expected>,
    /// Kinds or conditions that must not be listed.
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    nothing_due: bool,
    count: Option<usize>,
    #[serde(default)]
    findings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Event {
    date: String,
    kind: String,
    condition: String,
    outcome: String,
    route: String,
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
        let screen = |event: &'_ Event| Screen {
            date: PartialDate::parse(&event.date).ok(),
            kind: ScreenKind::parse(&event.kind).expect("a screen"),
            condition: event.condition.clone().into(),
            outcome: event.outcome.clone().into(),
        };
        let review = |event: &Event| Review { date: Some(date(&event.date)), kind: event.kind.clone().into() };
        let vitamin_k = |event: &Event| VitaminK { date: Some(date(&event.date)), route: event.route.clone().into() };
        Child {
            birth_date: Some(date(&self.birth_date)),
            death_date: self.death_date.as_deref().map(date),
            nation: self.nation.as_deref().map(|n| Nation::parse(n).expect("a nation")),
            sex: self.sex.as_deref().map(|sex| if sex == "female" { Sex::Female } else { Sex::Male }),
            gestation_weeks: self.gestation_weeks,
            class: self.class.and_then(Class::new),
            screens: self.screens.iter().map(screen).collect(),
            reviews: self.reviews.iter().map(review).collect(),
            vitamin_k: self.vitamin_k.iter().map(vitamin_k).collect(),
            ..Child::default()
        }
    }

    /// What differs from the case.
    fn faults(&self, lines: &[Line<'_>], findings: &[Finding]) -> Vec<String> {
        let mut faults: Vec<String> = self.expect.iter().filter_map(|expected| expected.differs(lines)).collect();
        for name in &self.absent {
            if lines.iter().any(|line| line.kind == name || line.condition == Some(name)) {
                faults.push(format!("{name} is listed"));
            }
        }
        if self.nothing_due && lines.iter().any(|line| line.status != "not-required" || line.due.is_some()) {
            faults.push("something is not `not-required`".to_owned());
        }
        if self.count.is_some_and(|count| lines.len() != count) {
            faults.push(format!("{} are listed", lines.len()));
        }
        let missing = self.findings.iter().filter(|code| !findings.iter().any(|finding| finding.code.id == **code));
        faults.extend(missing.map(|code| format!("no finding {code}")));
        faults
    }
}

impl Expected {
    /// What differs, if anything. What a case does not state is not looked at.
    fn differs(&self, lines: &[Line<'_>]) -> Option<String> {
        let name = self.condition.as_deref().unwrap_or(&self.kind);
        let mut same = lines.iter().filter(|l| l.kind == self.kind && l.condition == self.condition.as_deref());
        let Some(got) = same.next() else { return Some(format!("{name} is not listed")) };
        if same.next().is_some() {
            return Some(format!("{name} is listed twice"));
        }
        let day = |date: Option<Date>| date.map(|d| d.to_string());
        let text = |text: Option<&str>| text.map(str::to_owned);
        let pairs = [
            ("status", &self.status, text(Some(got.status))),
            ("need", &self.need, text(got.need)),
            ("due", &self.due, day(got.due)),
            ("breach_from", &self.breach_from, day(got.breach_from)),
            ("standard", &self.standard, text(got.standard)),
        ];
        if pairs.iter().all(|(_, expected, _)| expected.is_none()) {
            return Some(format!("the case expects nothing of {name}"));
        }
        let (key, expected, got) =
            pairs.into_iter().find(|(_, expected, got)| expected.is_some() && *expected != got)?;
        Some(format!("{name} {key}: expected {expected:?}, got {got:?}"))
    }
}

/// Runs every case of a file through `evaluate`.
pub(crate) fn check_cases(text: &str, evaluate: impl Fn(&Child<'_>, Date, &mut Vec<Finding>) -> Vec<Line<'static>>) {
    let cases: Cases = toml::from_str(text).expect("the cases");
    let mut faults = Vec::new();
    for case in &cases.case {
        let mut findings = Vec::new();
        let lines = evaluate(&case.child(), Date::parse(&case.as_at).expect("as_at"), &mut findings);
        let of_case = case.faults(&lines, &findings).into_iter();
        faults.extend(of_case.map(|fault| format!("{} [{}]: {fault}", case.name, case.source)));
    }
    assert!(!cases.case.is_empty());
    assert!(faults.is_empty(), "of {} cases:\n{}", cases.case.len(), faults.join("\n"));
}
