//! Laws that hold for every text: nothing panics, reading what was written changes nothing, and no
//! finding or debug view tells a value.

use childlink::date::{Date, MAX_YEAR, MIN_YEAR, PartialDate};
use childlink::error::{Finding, Severity};
use childlink::identity::address::Address;
use childlink::identity::birth_date;
use childlink::identity::birth_order::BirthOrder;
use childlink::identity::birth_time::BirthTime;
use childlink::identity::chi_number::ChiNumber;
use childlink::identity::column::Column;
use childlink::identity::field::{Field, Parsed};
use childlink::identity::gestation::Gestation;
use childlink::identity::gp_practice::GpPractice;
use childlink::identity::health_care_number::HealthCareNumber;
use childlink::identity::name::{FamilyName, GivenName};
use childlink::identity::nhs_number::{NhsNumber, NhsNumberStatus};
use childlink::identity::person::Person;
use childlink::identity::postcode::Postcode;
use childlink::identity::raw::{DateOrder, RawFields};
use childlink::identity::sex::Sex;
use childlink::identity::uprn::Uprn;
use childlink::identity::written_date;
use childlink::text::normalise::{fold, tidy};
use proptest::prelude::*;
use std::fmt::{Debug, Display};

/// Any text at all, and texts made of what the parsers look for.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "BABY",
        "TWIN",
        "of",
        "one",
        "two",
        "II",
        "I",
        "A",
        "B",
        "Miss",
        "known",
        "as",
        "no",
        "name",
        "O",
        "O'",
        "van",
        "de",
        "Al",
        "Smith",
        "Zoë",
        "ß",
        "-",
        ".",
        "(",
        "ZZ99",
        "ZZZSECUR",
        "BFPO",
        "NFA",
        "flat",
        "GIR",
        "0AA",
        "3VZ",
        "LS1",
        "4AP",
        "IO1",
        "Feb",
        "29",
        "2024",
        "00",
        "T",
        ":",
        "/",
        "Z",
        "9.43477E+09",
        "943",
        "476",
        "5919",
        "\u{a0}",
        "\u{200b}",
        "٣",
        "９",
        "UNALLOCATED",
        "unknown",
        "ﬁ",
        "ŉ",
        "İ",
        "e\u{301}",
        "Иван",
        "北",
        "\0",
    ]);
    prop_oneof![
        any::<String>(),
        "[0-9 /.-]{0,14}",
        "[A-Za-z0-9OI]{4,9}",
        prop::collection::vec((word, prop_oneof![Just(""), Just(" "), Just("  ")]), 0..8)
            .prop_map(|words| words.into_iter().flat_map(|(word, gap)| [word, gap]).collect()),
    ]
}

fn as_at() -> Option<Date> {
    Date::new(2026, 11, 21).ok()
}

/// A value shows as text that is read as the same value; and whatever was found, it is consistent.
fn lawful<T: Display + PartialEq + Debug>(text: &str, parse: impl Fn(&str) -> Parsed<T>) -> Result<(), TestCaseError> {
    let parsed = parse(text);
    consistent(text, &parsed)?;
    if let Some(value) = parsed.value() {
        let again = parse(&value.to_string());
        prop_assert_eq!(again.value(), Some(value));
    }
    Ok(())
}

/// Invalid fields keep the text and have their reason among the findings; absent and valid ones have no
/// fault.
fn consistent<T>(text: &str, parsed: &Parsed<T>) -> Result<(), TestCaseError> {
    let faults = parsed.findings.iter().filter(|finding| finding.code.severity == Severity::Fault).count();
    match &parsed.field {
        Field::Invalid { raw, reason } => {
            prop_assert!(text.contains(&**raw) && !raw.is_empty());
            prop_assert!(parsed.findings.contains(reason));
        }
        _ => prop_assert_eq!(faults, 0),
    }
    if text.trim().is_empty() {
        prop_assert!(parsed.field.is_absent() && parsed.findings.is_empty());
    }
    Ok(())
}

fn comparison_of_given(text: &str) -> Option<String> {
    GivenName::parse_field(text).value().map(|name| name.comparison().to_owned())
}

fn comparison_of_family(text: &str) -> Option<String> {
    FamilyName::parse_field(text).value().map(|name| name.comparison().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_are_lawful(text in text()) {
        lawful(&text, NhsNumber::parse_field)?;
        lawful(&text, NhsNumberStatus::parse_field)?;
        lawful(&text, ChiNumber::parse_field)?;
        lawful(&text, HealthCareNumber::parse_field)?;
        lawful(&text, Postcode::parse_field)?;
        lawful(&text, GpPractice::parse_field)?;
        lawful(&text, Sex::parse_field)?;
        lawful(&text, BirthOrder::parse_field)?;
        lawful(&text, BirthTime::parse_field)?;
        lawful(&text, Uprn::parse_field)?;
        consistent(&text, &Gestation::parse_field(&text))?;
        for order in [DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
            for as_at in [None, as_at()] {
                lawful(&text, |text| birth_date::parse_field(text, order, as_at))?;
                lawful(&text, |text| written_date::parse_field(text, order, as_at))?;
            }
        }
        written_date::order_evidence(&text);
    }

    #[test]
    fn normalising_a_name_twice_changes_nothing(text in text()) {
        consistent(&text, &GivenName::parse_field(&text))?;
        consistent(&text, &FamilyName::parse_field(&text))?;
        if let Some(comparison) = comparison_of_given(&text) {
            prop_assert!(!comparison.is_empty());
            prop_assert_eq!(comparison_of_given(&comparison), Some(comparison));
        }
        if let Some(comparison) = comparison_of_family(&text) {
            prop_assert!(!comparison.is_empty());
            prop_assert_eq!(comparison_of_family(&comparison), Some(comparison));
        }
        prop_assert_eq!(tidy(&tidy(&text)), tidy(&text));
        BirthOrder::in_name(&text);
    }

    #[test]
    fn normalising_an_address_twice_changes_nothing(lines in prop::array::uniform5(text())) {
        let lines = lines.each_ref().map(String::as_str);
        let parsed = Address::parse_field(lines);
        if let Some(address) = parsed.value() {
            let words = |address: &Address| address.tokens().collect::<Vec<_>>().join(" ");
            let shown: Vec<&str> = address.lines().collect();
            let tokens = words(address);
            let again = Address::parse_field(std::array::from_fn(|line| shown.get(line).copied().unwrap_or("")));
            prop_assert_eq!(again.value().map(words), Some(tokens.clone()));
            let normalised = Address::parse_field([&tokens, "", "", "", ""]);
            // One line of words can look like a postcode or a phrase that parts of it did not.
            if let Some(normalised) = normalised.value() {
                prop_assert_eq!(words(normalised), tokens);
            }
        }
    }

    #[test]
    fn no_record_panics_and_no_finding_tells_a_value(
        texts in prop::collection::vec(text(), Column::COUNT),
        month_first in any::<bool>(),
    ) {
        let mut raw = RawFields::new();
        for (column, text) in Column::ALL.into_iter().zip(&texts) {
            raw.set(column, text);
        }
        let order = if month_first { DateOrder::MonthDayYear } else { DateOrder::DayMonthYear };
        let (person, findings) = Person::parse(&raw, order, as_at());
        // The same findings whatever the value: only code, column and place.
        for finding in &findings {
            let Finding { code, field, position } = *finding;
            prop_assert!(Column::from_name(field).is_some(), "{field}");
            prop_assert!(childlink::identity::codes().any(|known| known == code), "{}", code.id);
            prop_assert!(position.is_none_or(|position| (position as usize) < 10_000));
        }
        let (again, findings_again) = Person::parse(&raw, order, as_at());
        prop_assert!(person == again && findings == findings_again);
    }

    #[test]
    fn dates_are_read_back_in_every_form(days in 0..500 * 365, month_first in any::<bool>()) {
        let date = Date::new(MIN_YEAR, 1, 2).unwrap().add_days(days);
        prop_assume!(date.year() <= MAX_YEAR);
        let (year, month, day) = date.parts();
        let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month as usize - 1];
        let (first, second, order) =
            if month_first { (month, day, DateOrder::MonthDayYear) } else { (day, month, DateOrder::DayMonthYear) };
        for text in [
            format!("{year}-{month:02}-{day:02}"),
            format!("{year}{month:02}{day:02}"),
            format!("{first:02}{second:02}{year}"),
            format!("{first}/{second}/{year}"),
            format!("{first:02}.{second:02}.{year} 00:00"),
            format!("{day}-{name}-{year}"),
            format!("{name} {day}, {year}"),
        ] {
            let parsed = written_date::parse_field(&text, order, None);
            prop_assert_eq!(parsed.value(), Some(&PartialDate::from(date)), "{}", text);
            prop_assert!(parsed.findings.is_empty());
        }
    }
}

#[test]
fn names_in_use_are_no_placeholders() {
    let names = |file: &str, column: usize| -> Vec<String> {
        let path = format!("{}/data/population/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.filter_map(|line| line.split(',').nth(column)).map(str::to_owned).collect()
    };
    let given = names("given_names.csv", 1);
    let family = names("surnames.csv", 0);
    assert!(given.len() > 100 && family.len() > 100);
    for name in given.iter().filter(|name| *name != "baby") {
        assert_eq!(comparison_of_given(name), Some(fold(name)), "{name}");
    }
    for name in &family {
        assert_eq!(comparison_of_family(name).map(|name| name.replace(' ', "")), Some(fold(name).replace(' ', "")));
    }
}

#[test]
fn debug_views_are_masked() {
    let mut raw = RawFields::new();
    for (column, text) in [
        (Column::NhsNumber, "9434765919"),
        (Column::GivenName, "Persephone"),
        (Column::FamilyName, "Featherstonehaugh"),
        (Column::Address1, "14 Quill Street"),
        (Column::Postcode, "LS1 4AP"),
        (Column::Uprn, "100012345678"),
        (Column::MotherNhsNumber, "999 unreadable"),
        (Column::PreviousPostcode, "LS1 4CP"),
    ] {
        raw.set(column, text);
    }
    let (person, _) = Person::parse(&raw, DateOrder::DayMonthYear, None);
    let shown = format!("{person:?}").to_uppercase();
    for value in ["9434765919", "PERSEPHONE", "FEATHERSTONEHAUGH", "QUILL", "LS1", "4AP", "100012345678", "999"] {
        assert!(!shown.contains(value), "{value} in {shown}");
    }
}

#[test]
fn codes_are_listed_once_and_well_formed() {
    let mut ids: Vec<&str> = childlink::identity::codes().map(|code| code.id).collect();
    for code in childlink::identity::codes() {
        let (area, what) = code.id.split_once('/').expect("area/what");
        for part in [area, what] {
            assert!(part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", code.id);
        }
        assert!(!code.message.is_empty() && !code.hint.is_empty(), "{}", code.id);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
