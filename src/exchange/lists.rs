//! Lists that people keep: decisions, superseded numbers, barred pairs, areas, and the children of an
//! earlier run. All are CSV with a header.

use crate::date::Moment;
use crate::error::Error;
use crate::identity::nhs_number::NhsNumber;
use crate::identity::postcode::Postcode;
use crate::index::{ANY_CHILD, Change, Whom};
use crate::linkage::barred::{Barred, BarredHash, Subject, hash_pair};
use crate::linkage::child_id::Previous;
use crate::linkage::decisions::{DecisionRow, Decisions, Verdict};
use crate::linkage::superseded::Superseded;
use crate::linkage::table::Table;
use crate::schedule::due_list::Areas;
use csv::StringRecord;
use std::io::Read;

/// Reads `source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at`; other columns are for
/// people.
///
/// # Errors
/// `list/missing-column`; `list/unreadable` with the line, also for a decision that is not `same`,
/// `different` or `unsure`, and for a `decided_at` that is no date or time of ISO 8601.
///
/// ```
/// use childlink::exchange::lists::read_decisions;
/// let list = "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\na,1,b,2,same,jk,2026-11-21\n";
/// assert_eq!(read_decisions(list.as_bytes())?[0].record_id_r, "2");
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn read_decisions(list: impl Read) -> Result<Vec<DecisionRow>, Error> {
    let mut rows = Vec::new();
    each_decision(list, [], |row, []| rows.push(row))?;
    Ok(rows)
}

/// Calls `each` with every decision of a list, and with what it has in further columns: `""` where it has none.
pub(crate) fn each_decision<const N: usize>(
    mut list: impl Read,
    further: [&str; N],
    mut each: impl FnMut(DecisionRow, [&str; N]),
) -> Result<(), Error> {
    let columns = ["source_l", "record_id_l", "source_r", "record_id_r", "decision", "reader", "decided_at"];
    walk(&mut list, &columns, &further, &mut |line, fields| {
        let (fields, further) = fields.split_at(columns.len());
        let text = |place: usize| fields[place].to_owned();
        let verdict = Verdict::from_word(fields[4])
            .ok_or_else(|| unreadable(line, "the decision is none of same, different and unsure"))?;
        check_moment(line, fields[6])?;
        let row = DecisionRow {
            source_l: text(0),
            record_id_l: text(1),
            source_r: text(2),
            record_id_r: text(3),
            verdict,
            reader: text(5),
            decided_at: text(6),
        };
        each(row, std::array::from_fn(|place| further[place]));
        Ok(())
    })
}

/// Sees that a moment can be compared: of two decisions of one reader the later counts, and `30/06/2026` is after
/// `01/11/2026` as text. Nothing at all is before every moment, and of two such decisions the safer counts.
fn check_moment(line: u64, text: &str) -> Result<(), Error> {
    // A project that learns of a decision from an index writes the place in the journal behind the moment.
    let of_journal = text.rsplit_once(' ').filter(|(_, place)| place.len() == 20 && place.parse::<u64>().is_ok());
    if text.is_empty() || Moment::parse(of_journal.map_or(text, |(moment, _)| moment)).is_some() {
        return Ok(());
    }
    Err(unreadable(line, "decided_at is no date or time of ISO 8601, such as 2026-11-21 or 2026-11-21T09:30:00Z"))
}

/// Reads what people decided on items of the queue of notifications, `whom,child_id,decision,reader,decided_at`, as
/// changes of the index. Without a child_id any child is meant.
///
/// # Errors
/// `list/missing-column`; `list/unreadable` with the line, also for a `whom` that is no such name.
pub fn read_rulings(list: impl Read) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for_each_row(
        list,
        ["whom", "child_id", "decision", "reader", "decided_at"],
        |line, [whom, child, decision, reader, decided_at]| {
            let whom: Whom = whom.parse().map_err(|error: Error| unreadable(line, &error.message))?;
            let verdict = Verdict::from_word(decision)
                .ok_or_else(|| unreadable(line, "the decision is none of same, different and unsure"))?;
            let child = match child {
                "" => ANY_CHILD,
                text => text.parse().map_err(|_| unreadable(line, "the child_id is no whole number"))?,
            };
            check_moment(line, decided_at)?;
            let (reader, decided_at) = (reader.to_owned(), decided_at.to_owned());
            changes.push(Change::Decide { whom, child, verdict, reader, decided_at });
            Ok(())
        },
    )?;
    Ok(changes)
}

/// Reads `old_nhs_number,nhs_number`.
///
/// # Errors
/// `list/missing-column`; `list/unreadable` with the line, also for a number that is not valid.
pub fn read_superseded(list: impl Read) -> Result<Vec<(NhsNumber, NhsNumber)>, Error> {
    let mut pairs = Vec::new();
    for_each_row(list, ["old_nhs_number", "nhs_number"], |line, [old, new]| {
        let number =
            |text: &str| NhsNumber::parse(text).map_err(|_| unreadable(line, "a number is no valid NHS number"));
        pairs.push((number(old)?, number(new)?));
        Ok(())
    })?;
    Ok(pairs)
}

/// Reads `postcode,area`: the code of the local authority that each postcode lies in. A row whose postcode
/// cannot be read, or that has no code, is passed over: no record can match it.
///
/// # Errors
/// `list/missing-column`, `list/unreadable` with the line.
///
/// ```
/// use childlink::exchange::lists::read_areas;
/// use childlink::identity::postcode::Postcode;
/// let areas = read_areas("postcode,area\nE1 6AN,E09000030\n".as_bytes())?;
/// assert_eq!(areas.of(Postcode::parse("e16an")?), Some("E09000030"));
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn read_areas(list: impl Read) -> Result<Areas, Error> {
    let mut areas = Areas::default();
    for_each_row(list, ["postcode", "area"], |_, [postcode, area]| {
        if let (Ok(postcode), false) = (Postcode::parse(postcode), area.is_empty()) {
            areas.insert(postcode, area);
        }
        Ok(())
    })?;
    Ok(areas)
}

/// Reads a list of barred pairs: `hash`, each of 64 hexadecimal figures, made with `key`.
///
/// # Errors
/// `list/missing-column`, `list/unreadable`.
pub fn read_barred(list: impl Read, key: &[u8]) -> Result<Barred, Error> {
    Ok(Barred::new(key, read_hashes(list)?))
}

/// The hashes of a list of barred pairs.
///
/// # Errors
/// Those of [`read_barred`].
pub fn read_hashes(list: impl Read) -> Result<Vec<BarredHash>, Error> {
    let mut hashes = Vec::new();
    for_each_row(list, ["hash"], |line, [text]| {
        let bytes = hexadecimal(text).and_then(|bytes| bytes.try_into().ok());
        hashes.push(bytes.ok_or_else(|| unreadable(line, "the hash does not have 64 hexadecimal figures"))?);
        Ok(())
    })?;
    Ok(hashes)
}

/// Hashes with `key` the pairs of a list `source_l,record_id_l,source_r,record_id_r`. A side without a
/// source is an NHS number.
///
/// # Errors
/// `list/missing-column`; `list/unreadable` with the line, also for a number that is not valid.
pub fn read_barred_pairs(list: impl Read, key: &[u8]) -> Result<Vec<BarredHash>, Error> {
    let mut hashes = Vec::new();
    for_each_row(list, ["source_l", "record_id_l", "source_r", "record_id_r"], |line, [sl, rl, sr, rr]| {
        let one = subject(line, sl, rl)?;
        hashes.push(hash_pair(key, one, subject(line, sr, rr)?));
        Ok(())
    })?;
    Ok(hashes)
}

fn subject<'a>(line: u64, source: &'a str, record_id: &'a str) -> Result<Subject<'a>, Error> {
    if !source.is_empty() && !record_id.is_empty() {
        return Ok(Subject::Record { source, record_id });
    }
    let number = NhsNumber::parse(record_id).ok().filter(|_| source.is_empty());
    number
        .map(|number| Subject::NhsNumber(number.digits()))
        .ok_or_else(|| unreadable(line, "a side is neither a source with a record_id nor a valid NHS number"))
}

/// The bytes that hexadecimal figures stand for, or `None` for other text.
pub fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

/// Reads the `children` file of an earlier run, as CSV. Records that are no more are left out, but
/// their serials stay taken through `next_child_id`.
///
/// # Errors
/// `list/missing-column`, `list/unreadable`.
pub fn read_previous(children: impl Read, next_child_id: u64, table: &Table) -> Result<Previous, Error> {
    let mut previous = Previous { children: Vec::new(), next_child_id };
    for_each_row(children, ["source", "record_id", "child_id"], |line, [source, record_id, child_id]| {
        let child = child_id.parse().map_err(|_| unreadable(line, "the child_id is no whole number"))?;
        previous.take(table.find(source, record_id), child);
        Ok(())
    })?;
    Ok(previous)
}

/// Brings superseded numbers and decisions to bear on a table: the decisions on its records, and in words what could
/// not be used.
pub fn bring_to_bear(
    table: &mut Table,
    superseded: &[(NhsNumber, NhsNumber)],
    decided: &[DecisionRow],
) -> (Decisions, Vec<String>) {
    let (superseded, findings) = Superseded::new(superseded.iter().copied());
    table.replace_superseded(&superseded);
    let mut notes: Vec<String> = findings.iter().map(|finding| finding.to_string()).collect();
    let (decisions, unknown) = Decisions::new(table, decided);
    if unknown > 0 {
        notes.push(format!("{unknown} decisions are on records that are not in the input"));
    }
    if decisions.invalidated() > 0 {
        let number = decisions.invalidated();
        notes.push(format!("{number} decisions do not count: they are on records that were invalidated since"));
    }
    (decisions, notes)
}

/// Calls `each` with the line and the named columns of every row.
pub(super) fn for_each_row<const N: usize>(
    mut list: impl Read,
    columns: [&str; N],
    mut each: impl FnMut(u64, [&str; N]) -> Result<(), Error>,
) -> Result<(), Error> {
    walk(&mut list, &columns, &[], &mut |line, fields| each(line, std::array::from_fn(|place| fields[place])))
}

/// Takes the line and the named columns of a row.
type TakeRow<'t> = dyn FnMut(u64, &[&str]) -> Result<(), Error> + 't;

/// The same for any list and number of columns, and for further ones that it may have: one function for all, since a page
/// fetches every copy of it.
fn walk(list: &mut dyn Read, columns: &[&str], further: &[&str], each: &mut TakeRow<'_>) -> Result<(), Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(list);
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        unreadable(line, "the row cannot be read as UTF-8 text with the header's fields")
    };
    let header = reader.headers().map_err(broken)?.clone();
    let place = |name: &str| header.iter().position(|column| column.trim_start_matches('\u{FEFF}') == name);
    let mut places = Vec::with_capacity(columns.len() + further.len());
    for name in columns {
        let place = place(name).ok_or_else(|| {
            Error::new(
                "list/missing-column",
                format!("the list has no column {name}"),
                format!("its header must have {}", columns.join(",")),
            )
            .in_field(*name)
        })?;
        places.push(Some(place));
    }
    places.extend(further.iter().map(|name| place(name)));
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let line = record.position().map_or(0, csv::Position::line);
        let field = |place: &Option<usize>| place.and_then(|place| record.get(place)).unwrap_or_default();
        let fields: Vec<&str> = places.iter().map(field).collect();
        each(line, &fields)?;
    }
    Ok(())
}

pub(super) fn unreadable(line: u64, what: &str) -> Error {
    Error::new("list/unreadable", format!("line {line} of the list: {what}"), "correct the line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_cannot_be_used_says_where() {
        let header = "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\n";
        let error = read_decisions(format!("{header}a,1,b,2,perhaps,jk,2026\n").as_bytes()).unwrap_err();
        assert_eq!((error.code, error.message.contains("line 2")), ("list/unreadable", true));
        assert_eq!(read_decisions(&b"source_l,decision\n"[..]).unwrap_err().code, "list/missing-column");
        for moment in ["", "2026-11-21", "2026-11-21T09:30:00.250Z 00000000000000000007"] {
            assert!(read_decisions(format!("{header}a,1,b,2,same,jk,{moment}\n").as_bytes()).is_ok(), "{moment}");
        }
        for moment in ["30/06/2026", "yesterday", "2026-02-31", "2026", "2026-11-21T25:00Z", "2026-11-21T09:00+15:00"] {
            let error = read_decisions(format!("{header}a,1,b,2,same,jk,{moment}\n").as_bytes()).unwrap_err();
            assert_eq!((error.code, error.message.contains("line 2")), ("list/unreadable", true), "{moment}");
        }
        let error = read_superseded(&b"old_nhs_number,nhs_number\n9434765919,1234567890\n"[..]).unwrap_err();
        assert_eq!(error.code, "list/unreadable");
        assert!(!error.message.contains("1234567890"), "no identifier in a message");
        assert_eq!(read_hashes(&b"hash\nabc\n"[..]).unwrap_err().code, "list/unreadable");
    }

    #[test]
    fn rulings_are_read() {
        let header = "whom,child_id,decision,reader,decided_at\n";
        let whom = "0f".repeat(16);
        let read = read_rulings(format!("{header}{whom},7,same,jk,2026-11-21\n{whom},,different,jk,\n").as_bytes());
        let children: Vec<u32> = read
            .unwrap()
            .iter()
            .map(|change| match change {
                Change::Decide { child, .. } => *child,
                _ => u32::MAX,
            })
            .collect();
        assert_eq!(children, [7, ANY_CHILD]);
        for row in [
            "12,7,same,jk,",
            &format!("{whom},7,same,jk,21/11/2026"),
            &format!("{whom},x,same,jk,"),
            &format!("{whom},7,perhaps,jk,"),
        ] {
            let error = read_rulings(format!("{header}{row}\n").as_bytes()).unwrap_err();
            assert_eq!((error.code, error.message.contains("line 2")), ("list/unreadable", true));
        }
    }

    #[test]
    fn hashes_and_numbers_are_read() {
        assert_eq!(read_hashes(format!("hash\n{}\n", "0f".repeat(32)).as_bytes()).unwrap(), [[15u8; 32]]);
        let pairs = read_superseded(&b"nhs_number,old_nhs_number\n401 023 2137,9434765919\n"[..]).unwrap();
        assert_eq!((pairs[0].0.digits(), pairs[0].1.digits()), (9_434_765_919, 4_010_232_137));
    }
}
