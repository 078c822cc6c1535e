//! Identity and dates for child health records, right and fast.
//!
//! Child health information services hold the same children in many systems, under names, numbers and dates that do not
//! quite agree. childlink **validates** NHS numbers and demographics, **normalises** them, **links** records
//! probabilistically and works out the **schedule** of immunisations, newborn screens and health reviews. The same
//! records and the same model give the same bytes, whatever the order of rows, the number of threads or the target;
//! bad input gives an error or a finding, never a panic.
//!
//! ```
//! use childlink::identity::nhs_number::NhsNumber;
//!
//! let number = NhsNumber::parse("943-476-5919")?;
//! assert_eq!(number.to_string(), "943 476 5919");
//!
//! let error = NhsNumber::parse("9434765918").unwrap_err();
//! assert_eq!(error.code.id, "nhs-number/check-digit");
//! # Ok::<(), childlink::Error>(())
//! ```
//!
//! # The cast
//!
//! * [`Error`] says why one value or run cannot go on, [`Finding`] what is worth telling although it goes on. Both have
//!   a stable code, say where, and what to do. Neither ever holds a name, number, date of birth, address or postcode.
//! * [`Date`](date::Date), and [`PartialDate`](date::PartialDate) for a date of which the day or month is not known.
//! * [`NhsNumber`](identity::nhs_number::NhsNumber), [`Postcode`](identity::postcode::Postcode),
//!   [`GivenName`](identity::name::GivenName) and their like each have one checked constructor. A
//!   [`Field`](identity::field::Field) is absent, invalid or valid; a [`Person`](identity::person::Person) is a whole
//!   record of them.
//! * A [`Table`](linkage::table::Table) holds many records by column. A [`Model`](linkage::model::Model), a document,
//!   says what is compared and what agreement is worth. [`link`](linkage::link()) makes children of records, and
//!   [`explain`](linkage::explain::explain) shows the waterfall of a pair.
//! * A [`ChildIndex`](index::ChildIndex) answers "who is this?" for one record at a time, and
//!   [`Notifications`](notification::Notifications) keep it up to date.
//! * [`Programmes`](schedule::Programmes) are what a child is entitled to, as data; [`schedule`](schedule::schedule)
//!   applies them to a [`Child`](schedule::Child).
//! * `exchange` turns delimited text, FHIR, HL7 v2 and Parquet into these types and back, from bytes that the
//!   caller brings (feature `csv` and those above it).
//!
//! # What it does, and what it does not
//!
//! NHS numbers of England, Wales and the Isle of Man, CHI numbers of Scotland, Health and Care Numbers of Northern
//! Ireland; names, dates, postcodes, addresses and practices of the United Kingdom; linkage after Fellegi and Sunter
//! with term frequencies, trained without labels or with them, saved models of Splink (feature `splink`); the
//! programmes of the United Kingdom from 2006 on.
//!
//! It never offers a corrected identifier, since a plausible wrong number is another child's. It does not trace people
//! in national services. Links are probable, not certain: doubtful pairs come out for review by a person. A schedule
//! says what the published programme says and decides nothing for a clinician; what no source confirms is marked so.
//!
//! The core is pure: no clock, file, network, log or hidden random source. The evaluation date is an argument called
//! `as_at`; sampling takes a seed.
//!
//! # Cookbook
//!
//! * [Check one record](#check-one-record)
//! * [Check a million NHS numbers](#check-a-million-nhs-numbers)
//! * [Link records, and see why](#link-records-and-see-why)
//! * [Read a file of any usual encoding](#read-a-file-of-any-usual-encoding)
//! * [What is a child due?](#what-is-a-child-due)
//!
//! ## Check one record
//!
//! ```
//! use childlink::identity::{column::Column, person::Person, raw::{DateOrder, RawFields}};
//!
//! let mut raw = RawFields::new();
//! raw.set(Column::NhsNumber, "943 476 5918");
//! raw.set(Column::GivenName, "Twin 2");
//! raw.set(Column::Postcode, "ls14ap");
//! let (person, findings) = Person::parse(&raw, DateOrder::DayMonthYear, None);
//!
//! assert_eq!(person.postcode.valid().map(ToString::to_string).as_deref(), Some("LS1 4AP"));
//! assert_eq!(person.birth_order.valid().map(|order| order.get()), Some(2));
//! let codes: Vec<&str> = findings.iter().map(|finding| finding.code.id).collect();
//! assert_eq!(codes, ["nhs-number/check-digit", "name/placeholder"]);
//! ```
//!
//! ## Check a million NHS numbers
//!
//! ```
//! use childlink::identity::nhs_number::check_packed;
//!
//! // Ten figures each, without separators; whether each is valid, and how many are.
//! let mut valid = [false; 2];
//! assert_eq!(check_packed(b"94347659199434765918", &mut valid), 1);
//! assert_eq!(valid, [true, false]);
//! ```
//!
//! ## Link records, and see why
//!
//! ```
//! use childlink::identity::{column::Column, raw::RawFields};
//! use childlink::linkage::explain::explain;
//! use childlink::linkage::model::Model;
//! use childlink::linkage::table::{Table, TableBuilder};
//! use childlink::linkage::{LinkOptions, link};
//!
//! let mut records = TableBuilder::new(0);
//! for (row, (source, given, born)) in [("births", "Zoë", "2024-02-29"), ("school", "ZOE", "29/02/2024")].iter().enumerate() {
//!     let mut raw = RawFields::new();
//!     raw.set(Column::RecordId, "1");
//!     raw.set(Column::GivenName, given);
//!     raw.set(Column::FamilyName, "O’Brien");
//!     raw.set(Column::BirthDate, born);
//!     raw.set(Column::Postcode, "LS1 4AP");
//!     let source = records.source(source);
//!     records.push(source, row as u32 + 1, &raw);
//! }
//! let table = Table::build(vec![records]).table;
//!
//! let model = Model::child_health();
//! let linked = link(&table, &model, &LinkOptions { skip_training: true, ..LinkOptions::default() })?;
//! assert_eq!(linked.children.child_id[0], linked.children.child_id[1]);
//!
//! let waterfall = &explain(&table, &model, &[(0, 1)])?[0];
//! assert!(waterfall.bars.iter().any(|bar| bar.comparison == "birth_date" && bar.weight > 5.0));
//! # Ok::<(), childlink::Error>(())
//! ```
//!
//! ## Read a file of any usual encoding
//!
//! ```
//! # #[cfg(feature = "csv")] {
//! use childlink::exchange::column_map::Spellings;
//! use childlink::exchange::csv;
//! use childlink::exchange::rows::{ReadOptions, SourceName};
//! use std::io::Cursor;
//!
//! let file = "id;dob;surname\n1;29/02/2024;O’Brien\n2;03/03/2024\n";
//! let source = SourceName::Given("births".to_owned());
//! let options = ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &[], scratch: None };
//! let rows = csv::read(&mut Cursor::new(file), options, &|_| {})?;
//! // Every row is accounted for: accepted, or set aside with its reason.
//! assert_eq!((rows.report.rows, rows.quarantined.len()), (2, 1));
//! # }
//! # Ok::<(), childlink::Error>(())
//! ```
//!
//! ## What is a child due?
//!
//! ```
//! use childlink::date::Date;
//! use childlink::schedule::{Programmes, Status, parse_child, schedule};
//!
//! let programmes = Programmes::built_in();
//! let child = parse_child(br#"{"birth_date": "2026-01-05", "nation": "england", "doses": []}"#, programmes.vocabulary())?;
//! let answer = schedule(&programmes, &child, Date::new(2026, 3, 2)?);
//! let mmr = programmes.vocabulary().series("mmr");
//! let next = answer.forecast.iter().find(|entry| Some(entry.series) == mmr);
//! assert!(next.is_some_and(|entry| entry.status == Status::NotYetDue));
//! # Ok::<(), childlink::Error>(())
//! ```
//!
//! # Features
//!
//! `default-features = false` leaves the core: validation, normalisation, linkage, index and schedules, with few
//! dependencies and no threads. `csv`, `messages`, `columnar`, `splink` and `synth` add formats and tools, `parallel`
//! threads; `cli` is all of them and the command line, `c-api` the C library, `wasm` the JavaScript package.
//! `Cargo.toml` says what each is for. The oldest Rust that builds it is stated there too, and tested.

#[cfg(feature = "c-api")]
pub mod c_api;
pub mod date;
pub mod error;
#[cfg(feature = "csv")]
pub mod exchange;
pub mod identity;
pub mod index;
pub mod linkage;
pub mod notification;
mod order;
#[cfg(feature = "project")]
pub mod project;
#[cfg(feature = "report")]
pub mod report;
pub mod schedule;
#[cfg(any(feature = "c-api", all(feature = "wasm-validate", target_arch = "wasm32", target_os = "unknown")))]
mod shape;
#[cfg(feature = "synth")]
pub mod synth;
pub mod text;
#[cfg(all(feature = "wasm-validate", target_arch = "wasm32", target_os = "unknown"))]
mod wasm;

pub use error::{Error, Finding};

// The README's Rust examples are compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
