//! What the steps of the Master Person Service make of the records of `tests/cases/trace`.

use childlink::identity::column::Column;
use childlink::identity::nhs_number::NhsNumber;
use childlink::identity::raw::{DateOrder, RawFields};
use childlink::linkage::superseded::Superseded;
use childlink::linkage::trace::{Demographics, Options, Reference, ReferenceRow, Trace};
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    superseded: Vec<(String, String)>,
    reference: Vec<BTreeMap<String, String>>,
    query: BTreeMap<String, String>,
    expected: Expected,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    step: String,
    code: String,
    number: Option<String>,
    confidence: Option<f64>,
    #[serde(default)]
    scores: BTreeMap<String, f64>,
    #[serde(default)]
    no_postcode_score: bool,
    #[serde(default)]
    close: Vec<String>,
}

fn demographics(record: &BTreeMap<String, String>) -> Demographics {
    let mut fields = RawFields::new();
    for (name, text) in record {
        fields.set(Column::from_name(name).unwrap_or_else(|| panic!("no column {name}")), text);
    }
    Demographics::prepare(&fields, DateOrder::DayMonthYear)
}

fn number(text: &str) -> NhsNumber {
    NhsNumber::parse(text).unwrap_or_else(|_| panic!("{text} is no NHS number"))
}

fn reference(case: &Case) -> Reference {
    let mut options = Options::default();
    case.options.iter().for_each(|option| options.set(option).unwrap());
    let row = |(record, fields): (usize, &BTreeMap<String, String>)| ReferenceRow {
        record: record as u32,
        fields: demographics(fields),
        updated_at: fields.get("updated_at").cloned().unwrap_or_default(),
        sensitive: fields.get("sensitive").is_some_and(|flag| flag == "Y"),
        invalidated: false,
    };
    let (superseded, findings) = Superseded::new(case.superseded.iter().map(|(old, new)| (number(old), number(new))));
    assert!(findings.is_empty());
    let (reference, without) =
        Reference::new(case.reference.iter().enumerate().map(row).collect(), superseded, options);
    assert_eq!(without, 0);
    reference
}

fn check(case: &Case, reference: &Reference, trace: &Trace) -> Result<(), String> {
    let Expected { step, code, number: wanted, confidence, scores, no_postcode_score, close } = &case.expected;
    let digits = |place: usize| format!("{:010}", reference.persons()[place].nhs_number);
    let rounded = |number: f64| (number * 10.0).round() / 10.0;
    let found = trace.person.map(digits);
    let same = |what: &str, is: bool| if is { Ok(()) } else { Err(what.to_owned()) };
    same("step", trace.step.as_str() == step)?;
    same("code", trace.outcome.code() == code)?;
    same("number", found == *wanted)?;
    same("confidence", confidence.is_none_or(|wanted| trace.confidence.map(rounded) == Some(wanted)))?;
    let near: Vec<String> = trace.close.iter().map(|(place, _)| digits(*place)).collect();
    same("close", near == *close)?;
    for (field, wanted) in scores {
        let scores = trace.scores.ok_or("no scores")?;
        let score = match field.as_str() {
            "family" => scores.family,
            "given" => scores.given,
            "birth_date" => scores.birth_date,
            "gender" => scores.gender,
            "postcode" => scores.postcode,
            other => return Err(format!("no score {other}")),
        };
        same(field, score.map(rounded) == Some(*wanted))?;
    }
    same("postcode withheld", !no_postcode_score || trace.scores.is_some_and(|scores| scores.postcode.is_none()))
}

#[test]
fn records_are_traced_as_the_published_steps_say() {
    let file: File = toml::from_str(include_str!("cases/trace/steps.toml")).unwrap();
    assert!(file.case.len() > 25);
    let mut faults = Vec::new();
    for case in &file.case {
        let reference = reference(case);
        let trace = reference.trace(&demographics(&case.query));
        if let Err(fault) = check(case, &reference, &trace) {
            faults.push(format!("{} ({})\n  {fault}: {trace:?}", case.name, case.source));
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), file.case.len(), faults.join("\n"));
}

#[test]
fn the_row_that_was_changed_last_is_the_current_one_and_the_others_are_past() {
    let file: File = toml::from_str(
        r#"[[case]]
        name = "a person of two rows"
        source = "Person_ID Handbook: current and past values"
        reference = [
          { nhs_number = "9434765919", family_name = "Baker", given_name = "Ann", sex = "2", birth_date = "2019-03-12", postcode = "LS1 4AP", updated_at = "2020-01-01" },
          { nhs_number = "9434765919", family_name = "Okafor", given_name = "Ann", sex = "2", birth_date = "2019-03-12", postcode = "M1 1AA", updated_at = "2023-01-01" },
        ]
        query = { family_name = "Baker", given_name = "Ann", sex = "2", birth_date = "2019-03-12", postcode = "LS1 4AP" }
        expected = { step = "algorithmic", code = "00", number = "9434765919", confidence = 100.0 }"#,
    )
    .unwrap();
    let case = &file.case[0];
    let reference = reference(case);
    assert_eq!(reference.persons().len(), 1);
    assert_eq!(reference.persons()[0].records, [1, 0]);
    // The alphanumeric trace asks the current family name, the algorithmic one every set of names.
    check(case, &reference, &reference.trace(&demographics(&case.query))).unwrap();
}
