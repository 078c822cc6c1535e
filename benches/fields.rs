//! promise/every-field-well-under-a-microsecond: reading one field of a record, on one core.
//!
//! Run with `cargo bench --bench fields`. How many are valid is asserted before the time is told.

use childlink::date::Date;
use childlink::identity::address::Address;
use childlink::identity::birth_date;
use childlink::identity::field::Parsed;
use childlink::identity::name::{FamilyName, GivenName};
use childlink::identity::nhs_number::NhsNumber;
use childlink::identity::postcode::Postcode;
use childlink::identity::raw::DateOrder;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 20_000;

fn main() {
    let as_at = Date::new(2026, 11, 21).ok();
    field("nhs_number", ["4010232137", "401 023 2137", "401-023-2137", "9434765918"], 3, NhsNumber::parse_field);
    field("given_name", ["Oliver", "Zoë-Marie", "TWIN 2", "MUHAMMAD AYAAN"], 3, GivenName::parse_field);
    field("family_name", ["SMITH", "O'Brien", "van der Berg", "Smith-Jones"], 4, FamilyName::parse_field);
    field("birth_date", ["2024-02-29", "29/02/2024", "29-Feb-2024", "31/02/2024"], 3, |text| {
        birth_date::parse_field(text, DateOrder::DayMonthYear, as_at)
    });
    field("postcode", ["LS1 4AP", "ls14ap", "ZZ99 3VZ", "LS1"], 3, Postcode::parse_field);

    let addresses = [
        ["14 High Street", "Headingley", "Leeds", "West Yorkshire", ""],
        ["Flat 2, Rose Court", "7a Station Rd", "", "Otley", "LS21 3AB"],
        ["No Fixed Abode", "", "", "", ""],
        ["22 MEADOW LANE", "BRADFORD", "", "", ""],
    ];
    report("address", addresses.len(), 3, || {
        black_box(&addresses).iter().filter(|lines| Address::parse_field(**lines).value().is_some()).count()
    });
}

fn field<T>(name: &str, texts: [&str; 4], valid: usize, parse: impl Fn(&str) -> Parsed<T>) {
    report(name, texts.len(), valid, || black_box(&texts).iter().filter(|text| parse(text).value().is_some()).count());
}

/// Prints the best of five runs, in nanoseconds a field.
fn report(name: &str, fields: usize, expected: usize, mut read: impl FnMut() -> usize) {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            assert_eq!(read(), expected, "{name}");
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}: {:.0} ns", best / (fields * ROUNDS) as f64 * 1e9);
}
