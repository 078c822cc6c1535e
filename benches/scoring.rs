//! promise/a-million-pairs-a-second-a-core: candidate pairs of children scored by the built-in model.
//!
//! Run with `cargo bench --bench scoring`. The pairs are those that blocking gives for a synthetic population;
//! every weight is asserted to be that of blocking before its time is told.

use childlink::exchange::column_map::Spellings;
use childlink::exchange::csv;
use childlink::exchange::rows::{ReadOptions, SourceName};
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::model::Model;
use childlink::linkage::parallel::{thread_count, with_threads};
use childlink::linkage::table::Table;
use childlink::linkage::weighed::{WeighedPair, weigh_candidates, weigh_pairs};
use childlink::synth::layout::{FileForm, Layout};
use childlink::synth::{Generator, Options, Profile};
use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

const RUNS: usize = 10;

fn main() {
    let table = table();
    let model = Model::child_health();
    let (candidates, _) =
        weigh_candidates(&table, &model, LinkKind::LinkAndDedupe, f64::NEG_INFINITY).expect("the built-in model");
    println!("{} records, {} candidate pairs, {} comparisons", table.len(), candidates.len(), model.comparisons.len());
    let pairs: Vec<(RecordIndex, RecordIndex)> = candidates.iter().map(|pair| (pair.left, pair.right)).collect();
    let threads = with_threads(0, thread_count);
    for threads in if threads > 1 { vec![1, threads] } else { vec![1] } {
        with_threads(threads, || report(threads, &table, &model, &pairs, &candidates));
    }
}

/// Prints the best of several runs, in millions a second.
fn report(
    threads: usize,
    table: &Table,
    model: &Model,
    pairs: &[(RecordIndex, RecordIndex)],
    candidates: &[WeighedPair],
) {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        let scored = weigh_pairs(table, model, black_box(pairs)).expect("the built-in model");
        best = best.min(start.elapsed().as_secs_f64());
        let agrees = |(scored, found): (&WeighedPair, &WeighedPair)| scored.score == found.score;
        assert!(scored.len() == candidates.len() && scored.iter().zip(candidates).all(agrees));
    }
    println!("{threads} cores: {:.2} million pairs a second", pairs.len() as f64 / best / 1e6);
}

/// A synthetic population of six sources.
fn table() -> Table {
    let options =
        Options { children: 100_000, sources: 6, seed: 1, noise: 1.0, nhs_missing: None, profile: Profile::Standard };
    let generator = Generator::new(options).expect("sound options");
    let form = FileForm::merged(Layout::Canonical);
    let mut text = form.head();
    for index in 0..generator.blocks() {
        let block = generator.block(index);
        for source in 0..generator.sources().count() {
            text.extend(form.rows(block.of_source(source)));
        }
    }
    let source = SourceName::Fallback("all".into());
    let options = ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &[], scratch: None };
    let rows = csv::read(Cursor::new(text), options, &|_| {}).expect("records that synth wrote");
    Table::build(rows.builders).table
}
