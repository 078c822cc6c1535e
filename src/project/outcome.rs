//! The outcome of a linkage as bytes: kept once it is known, so that a run that is cut off afterwards need not link
//! again, and so that every link of the last run can be looked up.

use super::codec::{Reader, Writer};
use crate::error::Error;
use crate::linkage::blocking::{OversizedBlock, RuleCount};
use crate::linkage::child_id::{Change, ChildIds};
use crate::linkage::cluster::Refusal;
use crate::linkage::estimate::{LevelSupport, Session, TrainingFinding, TrainingReport, finding_of};
use crate::linkage::guards::Guards;
use crate::linkage::model::Model;
use crate::linkage::{DecidedPair, Decision, Linked, RefusedMerge, RestrictedPair};
use serde_json::{Value, json};
use xxhash_rust::xxh64::xxh64;

const MAGIC: &[u8] = b"CHLO1";

/// The outcome without its model and training, which the project keeps beside it.
pub fn encode_outcome(linked: &Linked) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(linked.children.child_id.len() * 4 + linked.pairs.len() * 16));
    out.0.extend(MAGIC);
    let children = &linked.children;
    out.number(children.next_child_id);
    out.number(children.children);
    out.number(children.child_id.len() as u64);
    children.child_id.iter().for_each(|&child| out.number(child));
    out.number(children.changes.len() as u64);
    for change in &children.changes {
        [u64::from(change.record), change.from, change.to].iter().for_each(|&number| out.number(number));
    }
    out.number(linked.pairs.len() as u64);
    for pair in &linked.pairs {
        out.number(u64::from(pair.left));
        out.number(u64::from(pair.right));
        out.float(pair.weight);
        out.number(u64::from(pair.guards.bits()) << 1 | u64::from(pair.decision == Decision::Review));
    }
    out.number(linked.restricted.len() as u64);
    for pair in &linked.restricted {
        [u64::from(pair.left), u64::from(pair.right), u64::from(pair.guards.bits())]
            .iter()
            .for_each(|&number| out.number(number));
    }
    out.number(linked.refused.len() as u64);
    for merge in &linked.refused {
        out.number(u64::from(merge.left));
        out.number(u64::from(merge.right));
        out.float(merge.weight);
        match merge.reason {
            Refusal::TwoNumbers => out.number(0),
            Refusal::TwoBirthOrders => out.number(1),
            Refusal::Barred => out.number(2),
            Refusal::KeptApart(a, b) => [3, u64::from(a), u64::from(b)].iter().for_each(|&number| out.number(number)),
        }
    }
    out.number(linked.blocking.len() as u64);
    for rule in &linked.blocking {
        out.text(&rule.name);
        out.number(rule.pairs);
        out.number(rule.largest_block);
    }
    out.number(linked.oversized.len() as u64);
    for block in &linked.oversized {
        out.text(&block.rule);
        out.number(block.records);
        out.number(block.pairs_left_out);
    }
    let checksum = xxh64(&out.0, 0);
    out.0.extend(checksum.to_le_bytes());
    out.0
}

/// The outcome of a run over `records` records, from its bytes.
///
/// # Errors
/// `project/damaged`.
pub fn decode_outcome(
    bytes: &[u8],
    records: usize,
    model: Model,
    training: Option<TrainingReport>,
) -> Result<Linked, Error> {
    read(bytes, records, model, training).ok_or_else(|| {
        Error::new(
            "project/damaged",
            "the outcome of the run that the project keeps is damaged, or is that of other records",
            "run again without --resume",
        )
    })
}

fn read(bytes: &[u8], records: usize, model: Model, training: Option<TrainingReport>) -> Option<Linked> {
    let (content, checksum) = bytes.split_last_chunk()?;
    if xxh64(content, 0) != u64::from_le_bytes(*checksum) {
        return None;
    }
    let mut from = Reader(content.strip_prefix(MAGIC)?);
    let (next_child_id, children) = (from.number()?, from.number()?);
    let count = from.count(1)?;
    if count != records {
        return None;
    }
    let child_id = (0..count).map(|_| from.number()).collect::<Option<Vec<u64>>>()?;
    let record = |from: &mut Reader| u32::try_from(from.number()?).ok().filter(|&record| (record as usize) < records);
    let guards = |bits: u64| Guards::from_bits(u16::try_from(bits).ok()?);
    let count = from.count(3)?;
    let changes = (0..count)
        .map(|_| Some(Change { record: record(&mut from)?, from: from.number()?, to: from.number()? }))
        .collect::<Option<Vec<_>>>()?;
    let count = from.count(11)?;
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        let (left, right, weight, rest) = (record(&mut from)?, record(&mut from)?, from.float()?, from.number()?);
        let decision = if rest & 1 == 1 { Decision::Review } else { Decision::Link };
        pairs.push(DecidedPair { left, right, weight, decision, guards: guards(rest >> 1)? });
    }
    let count = from.count(3)?;
    let mut restricted = Vec::with_capacity(count);
    for _ in 0..count {
        let (left, right) = (record(&mut from)?, record(&mut from)?);
        restricted.push(RestrictedPair { left, right, guards: guards(from.number()?)? });
    }
    let count = from.count(11)?;
    let mut refused = Vec::with_capacity(count);
    for _ in 0..count {
        let (left, right, weight) = (record(&mut from)?, record(&mut from)?, from.float()?);
        let reason = match from.number()? {
            0 => Refusal::TwoNumbers,
            1 => Refusal::TwoBirthOrders,
            2 => Refusal::Barred,
            3 => Refusal::KeptApart(record(&mut from)?, record(&mut from)?),
            _ => return None,
        };
        refused.push(RefusedMerge { left, right, weight, reason });
    }
    let count = from.count(3)?;
    let mut blocking = Vec::with_capacity(count);
    for _ in 0..count {
        let name = from.text()?.to_owned();
        blocking.push(RuleCount { name, pairs: from.number()?, largest_block: from.number()? });
    }
    let count = from.count(3)?;
    let mut oversized = Vec::with_capacity(count);
    for _ in 0..count {
        let rule = from.text()?.to_owned();
        oversized.push(OversizedBlock { rule, records: from.number()?, pairs_left_out: from.number()? });
    }
    let children = ChildIds { child_id, next_child_id, changes, children };
    from.0.is_empty().then_some(Linked { children, pairs, restricted, refused, model, training, blocking, oversized })
}

/// What training learned, as a document.
pub(super) fn training_to_json(report: &TrainingReport) -> Value {
    let session = |session: &Session| {
        json!({
            "keys": session.keys, "pairs": session.pairs, "one_block_in": session.one_block_in,
            "matches": session.matches, "household": session.household,
            "iterations": session.iterations, "converged": session.converged,
        })
    };
    let level = |level: &LevelSupport| {
        json!({
            "comparison": level.comparison, "level": level.level, "random_pairs": level.random_pairs,
            "random_pairs_compared": level.random_pairs_compared, "matches": level.matches,
            "matches_compared": level.matches_compared, "sessions": level.sessions,
        })
    };
    json!({
        "random_pairs": report.random_pairs,
        "levels": report.levels.iter().map(level).collect::<Vec<_>>(),
        "sessions": report.sessions.iter().map(session).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(|found| json!([found.code.id, found.place])).collect::<Vec<_>>(),
    })
}

/// What training learned, from its document; `None` for another document.
pub(super) fn training_from_json(document: &Value) -> Option<TrainingReport> {
    let session = |session: &Value| {
        Some(Session {
            keys: session["keys"]
                .as_array()?
                .iter()
                .map(|key| Some(key.as_str()?.to_owned()))
                .collect::<Option<_>>()?,
            pairs: session["pairs"].as_u64()?,
            one_block_in: session["one_block_in"].as_u64()?,
            matches: session["matches"].as_f64()?,
            household: session["household"].as_f64()?,
            iterations: usize::try_from(session["iterations"].as_u64()?).ok()?,
            converged: session["converged"].as_bool()?,
        })
    };
    let level = |level: &Value| {
        Some(LevelSupport {
            comparison: level["comparison"].as_str()?.to_owned(),
            level: level["level"].as_str()?.to_owned(),
            random_pairs: level["random_pairs"].as_u64()?,
            random_pairs_compared: level["random_pairs_compared"].as_u64()?,
            matches: level["matches"].as_f64()?,
            matches_compared: level["matches_compared"].as_f64()?,
            sessions: usize::try_from(level["sessions"].as_u64()?).ok()?,
        })
    };
    let finding = |found: &Value| {
        Some(TrainingFinding { code: finding_of(found[0].as_str()?)?, place: found[1].as_str()?.to_owned() })
    };
    Some(TrainingReport {
        random_pairs: document["random_pairs"].as_u64()?,
        sessions: document["sessions"].as_array()?.iter().map(session).collect::<Option<_>>()?,
        // Runs of an earlier version kept none.
        levels: document["levels"].as_array().into_iter().flatten().map(level).collect::<Option<_>>()?,
        findings: document["findings"].as_array()?.iter().map(finding).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::guards::Guard;

    fn outcome() -> Linked {
        let pair = |left, right, weight, decision, guards| DecidedPair { left, right, weight, decision, guards };
        Linked {
            children: ChildIds {
                child_id: vec![1, 300, 1],
                next_child_id: 301,
                changes: vec![Change { record: 1, from: 1, to: 300 }],
                children: 2,
            },
            pairs: vec![
                pair(0, 2, 11.25, Decision::Link, Guards::NONE),
                pair(1, 2, -0.5, Decision::Review, Guards::NONE.with(Guard::ReadersDisagree)),
            ],
            restricted: vec![RestrictedPair { left: 0, right: 1, guards: Guards::NONE.with(Guard::NumberConflict) }],
            refused: vec![RefusedMerge { left: 0, right: 1, weight: 3.0, reason: Refusal::KeptApart(1, 2) }],
            model: Model::child_health(),
            training: None,
            blocking: vec![RuleCount { name: "number".into(), pairs: 9, largest_block: 4 }],
            oversized: vec![OversizedBlock { rule: "name".into(), records: 7, pairs_left_out: 21 }],
        }
    }

    #[test]
    fn an_outcome_comes_back_as_it_was() {
        let bytes = encode_outcome(&outcome());
        let back = decode_outcome(&bytes, 3, Model::child_health(), None).unwrap();
        assert_eq!(encode_outcome(&back), bytes);
        assert_eq!((back.pairs, back.restricted, back.refused), {
            let outcome = outcome();
            (outcome.pairs, outcome.restricted, outcome.refused)
        });
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_noticed() {
        let bytes = encode_outcome(&outcome());
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            assert!(decode_outcome(&damaged, 3, Model::child_health(), None).is_err(), "bit of byte {place}");
            assert!(decode_outcome(&bytes[..place], 3, Model::child_health(), None).is_err(), "cut at {place}");
        }
        assert!(decode_outcome(&bytes, 4, Model::child_health(), None).is_err());
    }

    #[test]
    fn training_comes_back_as_it_was() {
        let report = TrainingReport {
            random_pairs: 1 << 40,
            sessions: vec![Session {
                keys: vec!["a".into(), "b".into()],
                pairs: 3,
                one_block_in: 2,
                matches: 0.1 + 0.2,
                household: 1e-300,
                iterations: 25,
                converged: true,
            }],
            levels: vec![LevelSupport {
                comparison: "sex".into(),
                level: "same".into(),
                random_pairs: 7,
                random_pairs_compared: 1 << 33,
                matches: 0.1 + 0.2,
                matches_compared: 1e9,
                sessions: 4,
            }],
            findings: vec![TrainingFinding {
                code: finding_of("training/not-converged").unwrap(),
                place: "a + b".into(),
            }],
        };
        let text = training_to_json(&report).to_string();
        assert_eq!(training_from_json(&serde_json::from_str(&text).unwrap()), Some(report));
    }
}
