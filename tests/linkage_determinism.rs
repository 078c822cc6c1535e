//! The same records give the same outcome, whatever the order of rows, the size of chunks or the number of threads.
#![cfg(feature = "synth")]

use childlink::exchange::column_map::Spellings;
use childlink::exchange::csv;
use childlink::exchange::rows::{ReadOptions, SourceName};
use childlink::linkage::model::Model;
use childlink::linkage::parallel::with_threads;
use childlink::linkage::table::Table;
use childlink::linkage::{LinkOptions, link};
use childlink::synth::layout::{FileForm, Layout};
use childlink::synth::{Generator, Options, Profile};
use std::io::Cursor;

/// A population's records as delimited text.
fn population() -> Vec<u8> {
    let options =
        Options { children: 1500, sources: 4, seed: 5, noise: 2.0, nhs_missing: Some(0.2), profile: Profile::Standard };
    let generator = Generator::new(options).unwrap();
    let form = FileForm::merged(Layout::Canonical);
    let mut text = form.head();
    for index in 0..generator.blocks() {
        let block = generator.block(index);
        for source in 0..generator.sources().count() {
            text.extend(form.rows(block.of_source(source)));
        }
    }
    text
}

/// The same rows in an order that has nothing to do with the first.
fn shuffled(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let (head, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.sort_by_key(|row| childlink::text::hash::of_text(row));
    format!("{head}\n{}\n", rows.join("\n")).into_bytes()
}

/// Everything that a run puts out, by keys of records.
fn outcome(text: Vec<u8>, threads: usize, model: &Model) -> String {
    with_threads(threads, || {
        let source = SourceName::Fallback("all".into());
        let options =
            ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &[], scratch: None };
        let rows = csv::read(Cursor::new(text), options, &|_| {}).unwrap();
        let table = Table::build(rows.builders).table;
        let linked = link(&table, model, &LinkOptions::default()).unwrap();
        let key = |record| format!("{}/{}", table.source(record), table.record_id(record));
        let mut lines: Vec<String> =
            (0..table.len() as u32).map(|n| format!("{} {}", key(n), linked.children.child_id[n as usize])).collect();
        lines.extend(linked.pairs.iter().map(|p| {
            format!(
                "{} {} {:?} {} {}",
                key(p.left),
                key(p.right),
                p.weight.to_bits(),
                p.decision.as_str(),
                p.guards.codes()
            )
        }));
        lines.extend(linked.restricted.iter().map(|p| format!("restricted {} {}", key(p.left), key(p.right))));
        lines.push(linked.model.to_json());
        lines.join("\n")
    })
}

#[test]
fn rows_and_threads_do_not_matter() {
    let text = population();
    let mut model = Model::child_health();
    // The second model learns from a sample of the blocks, as any does from a table of half a million records.
    for sample_records in [model.training.sample_records, 600] {
        model.training.sample_records = sample_records;
        let first = outcome(text.clone(), 1, &model);
        assert!(first.contains(" link "), "the population has links to compare");
        assert!(first == outcome(text.clone(), 3, &model), "another number of threads gave another outcome");
        assert!(first == outcome(shuffled(&text), 2, &model), "another order of rows gave another outcome");
    }
}
