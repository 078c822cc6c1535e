//! Due lists: who is listed, in which order, what is withheld, and whether each format is what it says.

use childlink::date::{Date, PartialDate};
use childlink::exchange::due_list::icalendar::CalendarKey;
use childlink::exchange::due_list::{Format, Writer};
use childlink::identity::column::Column;
use childlink::identity::person::Person;
use childlink::identity::raw::{DateOrder, RawFields};
use childlink::schedule::coverage::{Coverage, Indicators, Quarter};
use childlink::schedule::due_list::{DueChild, DueList, ListedChild, MemberRecord, Tally};
use childlink::schedule::{Child, Dose, Given, Nation, ProductText, Programmes};
use serde_json::Value;

/// A record as a source holds it, and what was given.
struct Record {
    source: &'static str,
    id: &'static str,
    updated_at: &'static str,
    fields: &'static [(Column, &'static str)],
    doses: &'static [(&'static str, &'static str)],
}

/// A made-up child of 8 weeks, on 2 March 2026, with nothing given.
const BABY: Record = Record {
    source: "north",
    id: "7",
    updated_at: "2026-02-01",
    fields: &[
        (Column::NhsNumber, "9434765919"),
        (Column::GivenName, "Amal <b>"),
        (Column::FamilyName, "O'Neill, Jones"),
        (Column::BirthDate, "2026-01-05"),
        (Column::Sex, "female"),
        (Column::Address1, "14 High Street"),
        (Column::Postcode, "LS1 4AP"),
        (Column::GpPractice, "A81001"),
    ],
    doses: &[],
};

fn day(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn due_list(screens: bool, reviews: bool) -> DueList<'static> {
    DueList { programmes: Programmes::built_in(), nation: Nation::England, screens, reviews }
}

fn person(record: &Record) -> Person {
    let mut raw = RawFields::new();
    record.fields.iter().for_each(|(column, text)| raw.set(*column, text));
    Person::parse(&raw, DateOrder::DayMonthYear, None).0
}

fn merged<'a>(child_id: Option<&'a str>, records: &'a [Record], people: &'a [Person]) -> ListedChild<'a> {
    let members: Vec<MemberRecord<'_>> = records
        .iter()
        .zip(people)
        .map(|(record, person)| MemberRecord {
            source: record.source,
            record_id: record.id,
            updated_at: record.updated_at,
            states_practice: record.fields.iter().any(|(column, _)| *column == Column::GpPractice),
            person,
        })
        .collect();
    ListedChild::merge(child_id, &members)
}

fn scheduled(list: &DueList<'static>, child: &ListedChild<'_>, records: &[Record]) -> Child<'static> {
    let dose = |&(date, product): &(&str, &str)| Dose {
        date: PartialDate::parse(date).ok(),
        given: list.programmes.vocabulary().product(product).map_or(Given::Unknown, Given::Product),
        date_text: "".into(),
        product_text: ProductText::Absent,
    };
    let doses = records.iter().flat_map(|record| record.doses).map(dose).collect();
    Child { doses, ..child.to_schedule(list.nation) }
}

/// The list of one child in one format.
fn written(format: Format, list: &DueList<'static>, as_at: &str, child_id: Option<&str>, records: &[Record]) -> String {
    let people: Vec<Person> = records.iter().map(person).collect();
    let child = merged(child_id, records, &people);
    let schedule = list.evaluate(&scheduled(list, &child, records), day(as_at));
    let due = DueChild { items: list.due_items(&schedule), visits: list.visits(&schedule), child, as_at: day(as_at) };
    let mut writer = Writer::new(format, day(as_at), CalendarKey::new(*b"a key of the host"));
    let mut out = Vec::new();
    writer.begin(&mut out);
    writer.child(&mut out, &due).expect("a child");
    writer.end(&mut out);
    String::from_utf8(out).expect("text")
}

/// The lines below the header, by column.
fn rows(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// Complete routine immunisation schedule from 1 January 2026: at 8 weeks 6-in-1, MenB, rotavirus.
#[test]
fn a_baby_of_eight_weeks_is_due_three_vaccines() {
    let text = written(Format::Csv, &due_list(false, false), "2026-03-02", None, &[BABY]);
    let rows = rows(&text);
    let due: Vec<(&str, &str, &str)> =
        rows.iter().map(|row| (row["item"].as_str(), row["dose"].as_str(), row["status"].as_str())).collect();
    assert_eq!(due, [("six-in-one", "1", "due"), ("menb", "1", "due"), ("rotavirus", "1", "due")]);
    for row in &rows {
        assert_eq!((row["due"].as_str(), row["gp_practice"].as_str()), ("2026-03-02", "A81001"));
        assert_eq!(row["family_name"], "O'Neill, Jones");
        assert_eq!(row["nhs_number"], "9434765919");
    }
}

/// The day before, nothing; and with no list of what was screened, no screen is claimed to be missing.
#[test]
fn nothing_is_listed_before_it_is_due() {
    let text = written(Format::Csv, &due_list(false, false), "2026-03-01", None, &[BABY]);
    assert_eq!(rows(&text).len(), 0, "{text}");
}

/// A child of two records in two sources: doses of both count, a dose in both counts once.
#[test]
fn records_of_one_child_are_taken_together() {
    let first = Record { doses: &[("2026-03-02", "vaxelis"), ("2026-03-02", "bexsero")], ..BABY };
    let second = Record {
        source: "south",
        id: "x-1",
        updated_at: "2026-04-02",
        fields: &[(Column::FamilyName, "O'Neill"), (Column::BirthDate, "2026-01-05"), (Column::Postcode, "LS2 7EW")],
        doses: &[("2026-03-02", "vaxelis"), ("2026-03-02", "rotarix")],
    };
    let records = [first, second];
    let text = written(Format::Csv, &due_list(false, false), "2026-03-30", Some("c1"), &records);
    let rows = rows(&text);
    let due: Vec<(&str, &str)> = rows.iter().map(|row| (row["item"].as_str(), row["dose"].as_str())).collect();
    assert_eq!(due, [("six-in-one", "2"), ("menb", "2"), ("rotavirus", "2")], "one dose of each was given");
    // The latest record moved the child; it says nothing of a practice, so the older one holds.
    assert_eq!((rows[0]["postcode"].as_str(), rows[0]["gp_practice"].as_str()), ("LS2 7EW", "A81001"));
    assert_eq!((rows[0]["child_id"].as_str(), rows[0]["record_id"].as_str()), ("c1", "7"));
}

/// V81997: no registered practice. Said last, it outranks an older registration.
#[test]
fn a_child_deregistered_last_is_unregistered() {
    let left = Record {
        source: "south",
        updated_at: "2026-04-02",
        fields: &[(Column::BirthDate, "2026-01-05"), (Column::GpPractice, "V81997")],
        ..BABY
    };
    let text = written(Format::Csv, &due_list(false, false), "2026-03-30", Some("c1"), &[BABY, left]);
    assert_eq!(rows(&text)[0]["gp_practice"], "unregistered");
}

/// The whole of a record's fields by which a child could be found.
const LOCATION: [&str; 6] = ["LS1", "4AP", "High Street", "A81001", "LS2", "7EW"];

/// Any sensitive record withholds the location of the child in every format, whichever record holds it.
#[test]
fn no_format_tells_where_a_sensitive_child_lives() {
    let flagged = Record {
        source: "south",
        fields: &[(Column::BirthDate, "2026-01-05"), (Column::Sensitive, "1"), (Column::Postcode, "LS2 7EW")],
        ..BABY
    };
    let secured = Record {
        source: "south",
        fields: &[(Column::BirthDate, "2026-01-05"), (Column::Postcode, "ZZZSECUR")],
        ..BABY
    };
    let list = due_list(true, true);
    for sensitive in [flagged, secured] {
        let records = [BABY, sensitive];
        for (name, format) in Format::NAMES {
            let text = written(format, &list, "2026-03-30", Some("c1"), &records);
            for place in LOCATION {
                assert!(!text.contains(place), "{name} tells {place}");
            }
        }
        let people: Vec<Person> = records.iter().map(person).collect();
        let child = merged(Some("c1"), &records, &people);
        let schedule = list.evaluate(&scheduled(&list, &child, &records), day("2026-03-30"));
        let mut tally = Tally::default();
        tally.add(&child, None, &list.due_items(&schedule));
        assert!(tally.areas().all(|(_, area, _)| area == "withheld"));
    }
    // And the same child, not sensitive, is told in those that show a location.
    for format in [Format::Csv, Format::Ndjson, Format::Fhir, Format::Page] {
        assert!(written(format, &list, "2026-03-30", None, &[BABY]).contains("4AP"), "{format:?}");
    }
}

#[test]
fn the_unregistered_come_first_then_the_withheld_then_practice_by_practice() {
    let with = |fields: &'static [(Column, &'static str)]| person(&Record { fields, ..BABY });
    let people = [
        with(&[(Column::BirthDate, "2026-01-05"), (Column::GpPractice, "B81001"), (Column::Postcode, "LS1 4AP")]),
        with(&[(Column::BirthDate, "2026-01-05"), (Column::GpPractice, "A81001"), (Column::Postcode, "LS2 7EW")]),
        with(&[(Column::BirthDate, "2026-01-05"), (Column::GpPractice, "A81001"), (Column::Postcode, "LS1 4AP")]),
        with(&[(Column::BirthDate, "2026-01-05"), (Column::Postcode, "LS2 7EW")]),
        with(&[(Column::BirthDate, "2026-01-05"), (Column::GpPractice, "A81001"), (Column::Sensitive, "yes")]),
    ];
    let places = people.iter().map(|person| {
        let member = MemberRecord { source: "north", record_id: "7", updated_at: "", states_practice: true, person };
        ListedChild::merge(None, &[member]).place()
    });
    let mut order: Vec<_> = places.enumerate().map(|(index, place)| (place, index)).collect();
    order.sort();
    assert_eq!(order.iter().map(|(_, index)| *index).collect::<Vec<_>>(), [3, 4, 2, 1, 0]);
}

/// A child dead in any record is in no list; one whose death date cannot be read neither.
#[test]
fn a_child_who_has_died_is_in_no_list() {
    let list = due_list(true, true);
    for death in ["2026-02-20", "31/02/2026"] {
        let fields: &'static [(Column, &'static str)] =
            Vec::leak(vec![(Column::BirthDate, "2026-01-05"), (Column::DeathDate, String::leak(death.to_owned()))]);
        let dead = Record { source: "south", fields, ..BABY };
        let records = [BABY, dead];
        assert_eq!(rows(&written(Format::Csv, &list, "2026-03-30", Some("c"), &records)).len(), 0);
        assert_eq!(written(Format::Ndjson, &list, "2026-03-30", Some("c"), &records), "");
        for (format, none) in
            [(Format::Fhir, "\"resource\""), (Format::Calendar, "BEGIN:VEVENT"), (Format::Page, "<tr>")]
        {
            assert!(!written(format, &list, "2026-03-30", Some("c"), &records).contains(none), "{format:?}");
        }
    }
}

/// NBS-S01a and C2: a baby of 8 weeks of whom no screen and no review is recorded.
#[test]
fn screens_and_reviews_past_their_standard_are_failsafe_breaches() {
    let text = written(Format::Csv, &due_list(true, true), "2026-03-02", None, &[BABY]);
    let rows = rows(&text);
    let find = |item: &str, condition: &str| {
        rows.iter().find(|row| row["item"] == item && row["condition"] == condition).expect(item)
    };
    let pku = find("blood-spot", "pku");
    assert_eq!((pku["failsafe"].as_str(), pku["rule"].as_str()), ("yes", "NBS-S01a"));
    assert_eq!(pku["overdue_from"], "2026-01-23");
    assert_eq!(find("six-to-eight-week", "")["failsafe"], "no");
    assert!(rows.iter().filter(|row| row["care"] == "immunisation").all(|row| row["failsafe"] == "no"));
}

/// The Bundle against HL7's published JSON schema of R4 (4.0.1, CC0), cut to the resources in use.
#[test]
fn the_fhir_bundle_satisfies_the_published_schema() {
    let schema: Value = serde_json::from_str(include_str!("data/fhir-r4.schema.json")).expect("the schema");
    let of = |resource: &str| {
        let mut schema = schema.clone();
        schema["$ref"] = format!("#/definitions/{resource}").into();
        jsonschema::validator_for(&schema).expect("a schema")
    };
    let (is_bundle, is_patient) = (of("Bundle"), of("Patient"));
    let is_recommendation = of("ImmunizationRecommendation");
    let partial = Record { fields: &[(Column::BirthDate, "2025-11")], ..BABY };
    for record in [BABY, partial] {
        let text = written(Format::Fhir, &due_list(true, true), "2026-03-02", None, &[record]);
        let bundle: Value = serde_json::from_str(&text).expect("JSON");
        let faults: Vec<String> = is_bundle.iter_errors(&bundle).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
        let entries = bundle["entry"].as_array().expect("entries");
        assert_eq!(entries.len(), 2);
        let (patient, recommendation) = (&entries[0]["resource"], &entries[1]["resource"]);
        assert!(is_patient.is_valid(patient) && is_recommendation.is_valid(recommendation));
        assert_eq!(recommendation["patient"]["reference"], entries[0]["fullUrl"]);
        for entry in recommendation["recommendation"].as_array().expect("recommendations") {
            // imr-1: vaccine code or target disease; date criterion codes of R4.
            assert!(entry["vaccineCode"].is_array() || entry["targetDisease"].is_object());
            assert_eq!(entry["dateCriterion"][1]["code"]["coding"][0]["code"], "30980-7");
        }
    }
    // The check itself can fail: a status that is no CodeableConcept, a key that R4 does not have.
    let text = written(Format::Fhir, &due_list(false, false), "2026-03-02", None, &[BABY]);
    for broken in
        [text.replacen("\"forecastStatus\":{", "\"forecastStatu\":{", 1), text.replacen("urn:uuid", "urn uuid", 1)]
    {
        let bundle: Value = serde_json::from_str(&broken).expect("JSON");
        assert!(!is_bundle.is_valid(&bundle) || !is_recommendation.is_valid(&bundle["entry"][1]["resource"]));
    }
}

#[test]
fn a_calendar_is_read_back_and_names_nobody_and_nothing() {
    let list = due_list(false, true);
    let text = written(Format::Calendar, &list, "2026-03-02", Some("c1"), &[BABY]);
    assert!(text.ends_with("\r\n") && text.split("\r\n").all(|line| line.len() <= 75));
    let calendar: icalendar::Calendar = text.parse().expect("a calendar");
    let events: Vec<&icalendar::Event> = calendar.components.iter().filter_map(|c| c.as_event()).collect();
    use icalendar::Component;
    assert_eq!(events[0].get_summary(), Some("Child health: vaccinations due"));
    let starts = |date: &str| {
        let is = |event: &&&icalendar::Event| {
            event.get_start() == Some(icalendar::DatePerhapsTime::Date(date.parse().expect("a date")))
        };
        events.iter().filter(is).count()
    };
    // 8, 12 and 16 weeks.
    assert_eq!((starts("2026-03-02") > 0, starts("2026-03-30"), starts("2026-04-27")), (true, 1, 1));
    let mut ids: Vec<&str> = events.iter().filter_map(|event| event.get_uid()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), events.len(), "every entry has its own id");
    for private in
        ["Amal", "Neill", "943", "LS1", "A81001", "north", "MenB", "6-in-1", "rotavirus", "2026-01-05", "20260105"]
    {
        assert!(!text.contains(private), "{private}");
    }
    // Ten days later the same visits have the same ids, so that a second import moves them.
    let later = written(Format::Calendar, &list, "2026-03-12", Some("c1"), &[BABY]);
    let later: icalendar::Calendar = later.parse().expect("a calendar");
    let later_ids: Vec<&str> = later.components.iter().filter_map(|c| c.as_event()?.get_uid()).collect();
    assert!(later_ids.contains(&events[0].get_uid().expect("an id")));
    let other = written(Format::Calendar, &list, "2026-03-02", Some("c2"), &[BABY]);
    assert!(ids.iter().all(|id| !other.contains(id)), "another child has other ids");
}

#[test]
fn the_page_is_whole_escaped_and_asks_for_nothing() {
    let text = written(Format::Page, &due_list(true, true), "2026-03-02", None, &[BABY]);
    for needed in [
        "<html lang=\"en-GB\">",
        "<title>Due list, 02-Mar-2026</title>",
        "<caption>Children registered with practice A81001</caption>",
        "<th scope=\"col\">Child</th>",
        "O&#39;NEILL, JONES, Amal &lt;b&gt;",
        "943 476 5919",
        "6-in-1, dose 1: due since <time datetime=\"2026-03-02\">02-Mar-2026</time>",
        "failsafe breach",
        "1 child is listed.",
    ] {
        assert!(text.contains(needed), "{needed}\n{text}");
    }
    for unwanted in ["<b>", "<script", "src=", "http://", "https://", "url("] {
        assert!(!text.contains(unwanted), "{unwanted}");
    }
    for tag in ["section", "table", "tbody", "thead", "tr", "ul", "li", "main", "body", "html"] {
        let opened = text.matches(&format!("<{tag}>")).count() + text.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

/// COVER: birthdays in the quarter, status at the birthday.
#[test]
fn coverage_counts_birthdays_in_the_quarter_and_doses_by_the_birthday() {
    let list = due_list(false, false);
    let indicators = Indicators::built_in(list.programmes.vocabulary()).expect("indicators of the programme");
    let quarter = Quarter::parse("2026Q3").expect("a quarter");
    let mut coverage = Coverage::new(&indicators, quarter);
    let mut add = |born: &str, died: Option<&str>, doses: &[(&str, &str)]| {
        let child = Child {
            birth_date: PartialDate::parse(born).ok(),
            death_date: died.map(|date| PartialDate::parse(date).expect("a date")),
            nation: Some(Nation::England),
            doses: doses
                .iter()
                .map(|(date, product)| Dose {
                    date: PartialDate::parse(date).ok(),
                    given: list.programmes.vocabulary().product(product).map_or(Given::Unknown, Given::Product),
                    date_text: "".into(),
                    product_text: ProductText::Absent,
                })
                .collect(),
            ..Child::default()
        };
        let schedule = list.evaluate(&child, quarter.last());
        coverage.add(&child, &schedule, &[("practice", "A81001")]);
    };
    let primary = [("2025-09-01", "vaxelis"), ("2025-10-01", "vaxelis"), ("2025-11-03", "vaxelis")];
    add("2025-07-01", None, &primary); // first birthday on the quarter's first day
    add("2025-09-30", None, &primary); // and on its last; the first dose is before its birth date plus 6 weeks
    add("2025-06-30", None, &primary); // a day too early
    add("2025-10-01", None, &primary); // a day too late
    add("2025-08-01", Some("2026-07-31"), &[]); // died before the birthday
    let late = [("2025-09-01", "vaxelis"), ("2025-10-01", "vaxelis"), ("2026-08-02", "vaxelis")];
    add("2025-08-01", None, &late); // the third dose the day after the birthday
    let on_the_day = [("2025-10-01", "vaxelis"), ("2025-11-01", "vaxelis"), ("2026-08-02", "vaxelis")];
    add("2025-08-02", None, &on_the_day); // and on it
    let rows: Vec<_> = coverage.rows().filter(|row| row.indicator == "12m-six-in-one").collect();
    assert_eq!(rows.len(), 2);
    for (row, kind, area) in [(&rows[0], "all", ""), (&rows[1], "practice", "A81001")] {
        assert_eq!((row.area_kind, row.area), (kind, area));
        assert_eq!((row.denominator, row.numerator), (4, 2));
        assert_eq!(row.cohort.to_string(), "2026-07-01/2026-09-30");
    }
}

/// Each indicator asks for the doses that its definition names.
#[test]
fn indicators_count_what_their_definitions_say() {
    let list = due_list(false, false);
    let vocabulary = list.programmes.vocabulary();
    let indicators = Indicators::built_in(vocabulary).expect("indicators of the programme");
    let numerator = |born: &str, at: &str, risk: Option<&str>, indicator: &str, doses: &[(&str, &str)]| {
        let birthday = day(at);
        let quarter = Quarter::parse(&format!("{}Q{}", birthday.year(), (birthday.month() - 1) / 3 + 1));
        let quarter = quarter.expect("a quarter");
        let mut coverage = Coverage::new(&indicators, quarter);
        let child = Child {
            birth_date: PartialDate::parse(born).ok(),
            nation: Some(Nation::England),
            risks: risk.and_then(|name| vocabulary.risk_group(name)).unwrap_or_default(),
            doses: doses
                .iter()
                .map(|(date, product)| Dose {
                    date: PartialDate::parse(date).ok(),
                    given: vocabulary.product(product).map_or(Given::Unknown, Given::Product),
                    date_text: "".into(),
                    product_text: ProductText::Absent,
                })
                .collect(),
            ..Child::default()
        };
        coverage.add(&child, &list.evaluate(&child, quarter.last()), &[]);
        let row = coverage.rows().find(|row| row.indicator == indicator);
        row.map(|row| (row.denominator, row.numerator))
    };
    let met = Some((1, 1));
    let unmet = Some((1, 0));
    // PCV by 12 months: two doses until births of 31 December 2019, one since.
    let two = [("2020-02-25", "prevenar-13"), ("2020-04-21", "prevenar-13")];
    assert_eq!(numerator("2019-12-31", "2020-12-31", None, "12m-pcv", &two), met);
    assert_eq!(numerator("2019-12-31", "2020-12-31", None, "12m-pcv", &two[..1]), unmet);
    assert_eq!(numerator("2020-01-01", "2021-01-01", None, "12m-pcv", &[("2020-03-25", "prevenar-13")]), met);
    // The PCV booster counts from the first birthday.
    let infant_only = [("2023-05-24", "prevenar-13"), ("2024-02-28", "prevenar-13")];
    assert_eq!(numerator("2023-03-01", "2025-03-01", None, "24m-pcv-booster", &infant_only), unmet);
    let boosted = [("2023-05-24", "prevenar-13"), ("2024-03-01", "prevenar-13")];
    assert_eq!(numerator("2023-03-01", "2025-03-01", None, "24m-pcv-booster", &boosted), met);
    // MMR by 24 months: MMRV counts, a dose before the first birthday does not.
    assert_eq!(numerator("2024-08-01", "2026-08-01", None, "24m-mmr-1", &[("2026-01-10", "proquad")]), met);
    assert_eq!(numerator("2024-08-01", "2026-08-01", None, "24m-mmr-1", &[("2025-07-31", "priorix")]), unmet);
    // Hib/MenC: children born from 1 July 2024 are not counted.
    assert_eq!(numerator("2024-06-30", "2026-06-30", None, "24m-hib-menc", &[]), unmet);
    assert_eq!(numerator("2024-07-01", "2026-07-01", None, "24m-hib-menc", &[]), None);
    // Selective programmes count those in the risk group.
    assert_eq!(numerator("2026-01-05", "2026-04-05", None, "3m-bcg", &[("2026-02-10", "bcg")]), None);
    assert_eq!(numerator("2026-01-05", "2026-04-05", Some("bcg-eligible"), "3m-bcg", &[]), unmet);
}
