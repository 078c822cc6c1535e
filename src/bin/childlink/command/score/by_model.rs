//! `childlink score --model`: pairs of children's records, weighed by a model of our own.

use super::{Args, sheet_at};
use crate::command::Outcome;
use crate::command::link::read_model;
use crate::frame_input::{named_files, read_frame};
use crate::input::Inputs;
use crate::linked::{column, spelled};
use crate::render::{Terminal, count};
use childlink::Error;
use childlink::exchange::weighed::{weighed_columns, write_weighed};
use childlink::linkage::blocking::LinkKind;
use childlink::linkage::comparison::RecordIndex;
use childlink::linkage::table::Table;
use childlink::linkage::weighed::{weigh_candidates, weigh_pairs};
use serde_json::json;
use std::path::Path;

pub(super) fn score(args: &Args, model: &Path, terminal: &Terminal) -> Result<Outcome, Error> {
    let model = read_model(Some(model))?;
    let inputs = Inputs::new(named_files(&args.inputs), args.columns.clone(), Vec::new())?;
    let progress = terminal.progress();
    let records = inputs.read(&progress)?;
    let table = &records.built.table;
    let phase = progress.phase("weighing");
    let least = args.min_weight.unwrap_or(f64::NEG_INFINITY);
    let (pairs, weighed) = match &args.pairs {
        Some(path) => {
            let mut pairs = weigh_pairs(table, &model, &listed_pairs(path, table)?)?;
            let weighed = pairs.len() as u64;
            pairs.retain(|pair| pair.score.weight >= least);
            (pairs, weighed)
        }
        None => {
            let kind = if args.link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe };
            weigh_candidates(table, &model, kind, least)?
        }
    };
    drop(phase);
    let phase = progress.phase("writing");
    let mut sheet = sheet_at(&args.out, &weighed_columns(&model))?;
    write_weighed(&mut sheet, table, &model, &pairs)?;
    sheet.finish()?.finish()?;
    drop(phase);
    let read = records.read();
    terminal.result(
        || {
            let mut text = format!("{} records, {} pairs weighed", count(table.len() as u64), count(weighed));
            if (pairs.len() as u64) < weighed {
                text += &format!(", {} written", count(pairs.len() as u64));
            }
            text.push('\n');
            if !records.quarantined.is_empty() {
                let aside = count(records.quarantined.len() as u64);
                text += &format!("{aside} rows set aside: see `childlink check`\n");
            }
            text
        },
        || {
            json!({
                "records": table.len(), "rows_set_aside": records.quarantined.len(),
                "pairs_weighed": weighed, "pairs_written": pairs.len(), "model": {"id": model.id, "sha256": model.hash()},
            })
        },
    )?;
    Ok(if read.has_findings() { Outcome::Findings } else { Outcome::Clean })
}

/// The pairs that a file lists by `source_l,record_id_l,source_r,record_id_r`.
fn listed_pairs(path: &Path, table: &Table) -> Result<Vec<(RecordIndex, RecordIndex)>, Error> {
    let frame = read_frame(path)?;
    let of = |name: &str| column(&frame, path, &[name]);
    let columns = [of("source_l")?, of("record_id_l")?, of("source_r")?, of("record_id_r")?];
    let pair = |row: usize| {
        let [source_l, record_l, source_r, record_r] = columns.map(|column| spelled(column.value(row)));
        table.find(&source_l, &record_l).zip(table.find(&source_r, &record_r))
    };
    let pairs: Vec<_> = (0..frame.rows()).filter_map(pair).collect();
    match frame.rows() - pairs.len() {
        0 => Ok(pairs),
        unknown => Err(Error::new(
            "score/unknown-record",
            format!("{}: {unknown} pairs name a record that is not among the inputs", path.display()),
            "check that the pairs and the records come from the same data",
        )),
    }
}
