//! From one child's JSON object to a [`Child`].

use super::shape::{ChildShape, EventShape, List, ProductObject, ProductShape, Value};
use crate::Error;
use crate::date::{Date, PartialDate};
use crate::error::{Code, Finding};
use crate::schedule::child::{
    Child, Class, Decision, DecisionKind, Dose, Given, Id, Nation, ProductText, Review, Screen, ScreenKind, Sex,
    VitaminK,
};
use crate::schedule::finding as code;
use crate::schedule::vocabulary::{AntigenSet, Vocabulary};
use std::borrow::Cow;

/// Reads one child's JSON object. A value that cannot be read becomes a finding on the child; the
/// rest of the child is kept.
///
/// # Errors
/// `schedule/line-unreadable`, when the text is no JSON object.
///
/// # Examples
/// ```
/// use childlink::schedule::{Vocabulary, parse_child};
/// let line = br#"{"id": "a", "birth_date": "2024-02-30", "doses": []}"#;
/// let child = parse_child(line, &Vocabulary::default())?;
/// assert_eq!(child.birth_date, None);
/// assert!(child.findings.iter().any(|finding| finding.code.id == "schedule/birth-date-needed"));
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn parse_child<'a>(json: &'a [u8], vocabulary: &Vocabulary) -> Result<Child<'a>, Error> {
    // Bytes are checked as UTF-8 once, here, and not string by string.
    let shape: ChildShape<'a> = std::str::from_utf8(json)
        .ok()
        .filter(|text| text.trim_start().starts_with('{'))
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| Error::from(Finding::new(&code::LINE_UNREADABLE, "")))?;
    let mut findings = Vec::new();
    if shape.has_unknown_key {
        findings.push(Finding::new(&code::KEY_UNKNOWN, ""));
    }
    if matches!(shape.id, Value::Other) {
        findings.push(Finding::new(&code::FIELD_UNREADABLE, "id"));
    }
    let nation = nation(shape.nation, &mut findings);
    let mut child = Child {
        id: match shape.id {
            Value::Text(text) => Id::Text(text),
            Value::Number(number) => Id::Number(number),
            Value::Absent | Value::Other => Id::Absent,
        },
        birth_date: date(&shape.birth_date),
        death_date: death_date(&shape.death_date, &mut findings),
        sex: match shape.sex {
            Value::Text(text) => Sex::parse(&text),
            _ => None,
        },
        nation,
        class: class(shape.year_group, nation.unwrap_or_default(), &mut findings),
        gestation_weeks: gestation(&shape.gestation_weeks, &mut findings),
        ..Child::default()
    };
    if child.birth_date.is_none() {
        findings.push(Finding::new(&code::BIRTH_DATE_NEEDED, "birth_date"));
    }
    if let (Some(born), Some(died)) = (child.birth_date, child.death_date)
        && died.latest() < born.earliest()
        && date(&shape.death_date).is_some()
    {
        findings.push(Finding::new(&code::DEATH_BEFORE_BIRTH, "death_date"));
    }
    child.as_at = exact(&shape.as_at);
    if child.as_at.is_none() && !matches!(shape.as_at, Value::Absent) {
        findings.push(Finding::new(&code::AS_AT_UNREADABLE, "as_at"));
    }
    for (position, group) in items(shape.risk_groups, "risk_groups", &mut findings).enumerate() {
        match vocabulary.risk_group(&group.into_text()) {
            Some(risk) => child.risks = child.risks.union(risk),
            None => push(&mut findings, &code::RISK_GROUP_UNKNOWN, "risk_groups", position),
        }
    }
    child.doses = items(shape.doses, "doses", &mut findings)
        .enumerate()
        .map(|(position, dose)| {
            known_keys(dose.has_unknown_key, "doses", position, &mut findings);
            let (given, product_text) = product(dose.product, position, vocabulary, &mut findings);
            Dose { date: date(&dose.date), given, date_text: dose.date.into_text(), product_text }
        })
        .collect();
    for (position, screen) in items(shape.screens, "screens", &mut findings).enumerate() {
        known_keys(screen.has_unknown_key, "screens", position, &mut findings);
        let kind = screen.kind.into_text();
        match ScreenKind::parse(&kind) {
            Some(kind) => child.screens.push(Screen {
                date: event_date(&screen.date, "screens", position, &mut findings),
                kind,
                condition: screen.condition.into_text(),
                outcome: screen.outcome.into_text(),
            }),
            None => push(&mut findings, &code::SCREEN_UNKNOWN, "screens", position),
        }
    }
    for (position, review) in items(shape.reviews, "reviews", &mut findings).enumerate() {
        known_keys(review.has_unknown_key, "reviews", position, &mut findings);
        let date = event_date(&review.date, "reviews", position, &mut findings);
        child.reviews.push(Review { date, kind: review.kind.into_text() });
    }
    for (position, dose) in items(shape.vitamin_k, "vitamin_k", &mut findings).enumerate() {
        known_keys(dose.has_unknown_key, "vitamin_k", position, &mut findings);
        let date = event_date(&dose.date, "vitamin_k", position, &mut findings);
        child.vitamin_k.push(VitaminK { date, route: dose.route.into_text() });
    }
    for (position, written) in items(shape.decisions, "decisions", &mut findings).enumerate() {
        known_keys(written.has_unknown_key, "decisions", position, &mut findings);
        match decision(written, position, vocabulary, &mut findings) {
            Some(decision) => child.decisions.push(decision),
            None => push(&mut findings, &code::DECISION_UNKNOWN, "decisions", position),
        }
    }
    child.findings = findings;
    Ok(child)
}

fn push(findings: &mut Vec<Finding>, code: &'static Code, field: &'static str, position: usize) {
    findings.push(Finding::new(code, field).at(position as u32));
}

/// Tells of a misspelt key: `dosess` would be a child without doses.
fn known_keys(has_unknown: bool, field: &'static str, position: usize, findings: &mut Vec<Finding>) {
    if has_unknown {
        push(findings, &code::KEY_UNKNOWN, field, position);
    }
}

fn items<T>(list: List<T>, field: &'static str, findings: &mut Vec<Finding>) -> impl Iterator<Item = T> + use<T> {
    match list {
        List::Items(items) => items.into_iter(),
        List::Other => {
            findings.push(Finding::new(&code::FIELD_UNREADABLE, field));
            Vec::new().into_iter()
        }
    }
}

fn date(value: &Value<'_>) -> Option<PartialDate> {
    match value {
        Value::Text(text) => PartialDate::parse(text).ok(),
        Value::Number(year) => PartialDate::new(i32::try_from(*year).ok()?, None, None).ok(),
        Value::Absent | Value::Other => None,
    }
}

fn exact(value: &Value<'_>) -> Option<Date> {
    date(value)?.exact()
}

fn event_date(
    value: &Value<'_>,
    field: &'static str,
    position: usize,
    findings: &mut Vec<Finding>,
) -> Option<PartialDate> {
    let date = date(value);
    if date.is_none() {
        push(findings, &code::FIELD_UNREADABLE, field, position);
    }
    date
}

/// An unreadable death date still says that the child died: no letter may go out.
fn death_date(value: &Value<'_>, findings: &mut Vec<Finding>) -> Option<PartialDate> {
    match value {
        Value::Absent => None,
        Value::Text(text) if text.trim().is_empty() => None,
        _ => date(value).or_else(|| {
            findings.push(Finding::new(&code::DEATH_DATE_UNREADABLE, "death_date"));
            PartialDate::new(crate::date::MIN_YEAR, None, None).ok()
        }),
    }
}

fn nation(value: Value<'_>, findings: &mut Vec<Finding>) -> Option<Nation> {
    let (nation, code) = match &value {
        Value::Absent => (None, &code::NATION_ASSUMED),
        Value::Text(text) => (Nation::parse(text), &code::NATION_UNKNOWN),
        _ => (None, &code::NATION_UNKNOWN),
    };
    if nation.is_none() {
        findings.push(Finding::new(code, "nation"));
    }
    nation
}

fn class(value: Value<'_>, nation: Nation, findings: &mut Vec<Finding>) -> Option<Class> {
    if matches!(value, Value::Absent) {
        return None;
    }
    let class = Class::parse(&value.into_text(), nation);
    if class.is_none() {
        findings.push(Finding::new(&code::YEAR_GROUP_UNREADABLE, "year_group"));
    }
    class
}

fn gestation(value: &Value<'_>, findings: &mut Vec<Finding>) -> Option<u8> {
    let weeks = match value {
        Value::Absent => return None,
        Value::Number(weeks) => u8::try_from(*weeks).ok(),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Other => None,
    };
    let weeks = weeks.filter(|weeks| (20..=45).contains(weeks));
    if weeks.is_none() {
        findings.push(Finding::new(&code::FIELD_UNREADABLE, "gestation_weeks"));
    }
    weeks
}

fn product<'a>(
    shape: ProductShape<'a>,
    position: usize,
    vocabulary: &Vocabulary,
    findings: &mut Vec<Finding>,
) -> (Given, ProductText<'a>) {
    let (given, text) = match shape {
        ProductShape::Absent => (Given::Unknown, ProductText::Absent),
        ProductShape::Text(id) => (vocabulary.product(&id).map_or(Given::Unknown, Given::Product), ProductText::Id(id)),
        ProductShape::Object(object) if object.has_unknown_key => {
            known_keys(true, "doses", position, findings);
            let object = ProductObject { has_unknown_key: false, ..object };
            return product(ProductShape::Object(object), position, vocabulary, findings);
        }
        ProductShape::Object(object) => match (object.snomed, object.antigens) {
            (Value::Absent, List::Items(antigens)) => antigens_given(antigens, position, vocabulary, findings),
            (snomed, _) => {
                let code = snomed.into_text();
                let product = vocabulary.product_by_snomed(&code);
                (product.map_or(Given::Unknown, Given::Product), ProductText::Snomed(code))
            }
        },
    };
    if given == Given::Unknown {
        push(findings, &code::PRODUCT_UNKNOWN, "doses", position);
    }
    (given, text)
}

fn antigens_given<'a>(
    antigens: Vec<Value<'a>>,
    position: usize,
    vocabulary: &Vocabulary,
    findings: &mut Vec<Finding>,
) -> (Given, ProductText<'a>) {
    let names: Vec<Cow<'a, str>> = antigens.into_iter().map(Value::into_text).collect();
    let mut set = AntigenSet::default();
    for name in &names {
        match vocabulary.antigen(name) {
            Some(antigen) => set = set.union(antigen),
            None => push(findings, &code::ANTIGEN_UNKNOWN, "doses", position),
        }
    }
    let given = if set.is_empty() { Given::Unknown } else { Given::Antigens(set) };
    (given, ProductText::Antigens(names))
}

fn decision(
    shape: EventShape<'_>,
    position: usize,
    vocabulary: &Vocabulary,
    findings: &mut Vec<Finding>,
) -> Option<Decision> {
    let series = vocabulary.series(&shape.series.into_text())?;
    let kind = DecisionKind::parse(&shape.status.into_text())?;
    let until = match &shape.until {
        Value::Absent => None,
        written => {
            let until = date(written).map(PartialDate::latest);
            if until.is_none() {
                push(findings, &code::FIELD_UNREADABLE, "decisions", position);
            }
            until
        }
    };
    Some(Decision { series, kind, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str) -> Vec<String> {
        let child = parse_child(json.as_bytes(), &Vocabulary::default()).unwrap();
        let told = child.findings.iter().filter(|finding| finding.code.id != "schedule/nation-assumed");
        let place = |finding: &Finding| finding.position.map_or(String::new(), |position| format!("[{position}]"));
        told.map(|finding| format!("{} {}{}", finding.code.id, finding.field, place(finding))).collect()
    }

    #[test]
    fn a_key_that_the_contract_does_not_know_is_told() {
        assert_eq!(found(r#"{"id": "a", "birth_date": "2024-02-01", "dosess": []}"#), ["schedule/key-unknown "]);
        let json = r#"{"birth_date": "2024-02-01", "reviews": [
            {"date": "2024-03-01", "kind": "new-birth-visit"}, {"date": "2024-03-01", "kind": "6-8-week", "by": "HV"}]}"#;
        assert_eq!(found(json), ["schedule/key-unknown reviews[1]"]);
        let json = r#"{"birth_date": "2024-02-01", "doses": [{"date": "2024-03-01", "product": {"snomedd": "1"}}]}"#;
        assert_eq!(found(json), ["schedule/key-unknown doses[0]", "schedule/product-unknown doses[0]"]);
    }

    #[test]
    fn an_id_that_is_none_and_a_death_before_birth_are_told() {
        assert_eq!(found(r#"{"id": 1.5, "birth_date": "2024-02-01"}"#), ["schedule/field-unreadable id"]);
        let death = |died: &str| found(&format!(r#"{{"birth_date": "2024-02-01", "death_date": "{died}"}}"#));
        assert_eq!(death("2024-01-31"), ["schedule/death-before-birth death_date"]);
        assert!(death("2024-02").is_empty() && death("2024-02-01").is_empty() && death("2024").is_empty());
        assert_eq!(death("soon"), ["schedule/death-date-unreadable death_date"]);
    }
}
