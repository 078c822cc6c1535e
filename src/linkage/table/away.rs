//! Text of records that was put aside in scratch while it was read, by chunk and column.
//!
//! A table whose text is away is built column by column, each brought into memory alone. Afterwards only record ids
//! are at hand; the text of records that are to be shown is called back.

use super::builder::TableBuilder;
use super::dictionary::{Dictionary, TextList};
use super::raw_column::RawColumn;
use crate::error::Error;
use crate::identity::column::Column;
use crate::linkage::scratch::Scratch;
use crate::order;
use crate::text::packed::{read_list, read_number};
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::packed::{INTERNED, PLAIN};

/// Where one column of one chunk stands in the scratch.
#[derive(Clone, Copy, Default)]
struct Piece {
    place: u64,
    /// In bytes; 0 where the column is absent.
    length: usize,
}

/// The columns of one chunk in scratch.
#[derive(Clone)]
pub(super) struct AwayChunk {
    scratch: Arc<dyn Scratch>,
    records: usize,
    pieces: [Piece; Column::COUNT],
}

impl TableBuilder {
    /// Puts the text of the chunk aside; no record can be added to it afterwards.
    ///
    /// # Errors
    /// Those of the scratch.
    pub(crate) fn put_aside(&mut self, scratch: &Arc<dyn Scratch>) -> Result<(), Error> {
        if self.away.is_some() {
            return Ok(());
        }
        let mut pieces = [Piece::default(); Column::COUNT];
        let mut bytes = Vec::new();
        for (piece, column) in pieces.iter_mut().zip(&mut self.columns) {
            let column = std::mem::take(column);
            if !matches!(column, RawColumn::Absent) {
                bytes.clear();
                column.pack(&mut bytes);
                *piece = Piece { place: scratch.write(&bytes)?, length: bytes.len() };
            }
        }
        let records = self.len();
        self.away = Some(Box::new(AwayChunk { scratch: Arc::clone(scratch), records, pieces }));
        Ok(())
    }
}

/// All text of a table, in scratch.
pub(super) struct Away {
    scratch: Arc<dyn Scratch>,
    chunks: Vec<AwayChunk>,
    /// The row of each record, counted over all chunks; `None` if they are the same.
    order: Option<Vec<u32>>,
    /// Record ids, by record.
    ids: RawColumn,
    recalled: Recalled,
    /// The first fault of the scratch.
    fault: Mutex<Option<Error>>,
    /// Whether text was asked for that had not been called back.
    missed: AtomicBool,
}

/// The text of some rows, called back.
#[derive(Default)]
pub(super) struct Recalled {
    /// Rising.
    rows: Vec<u32>,
    columns: Vec<TextList>,
}

impl Recalled {
    /// The text of a row; `None` if it was not called back.
    pub(super) fn get(&self, row: u32, column: Column) -> Option<&str> {
        let place = self.rows.binary_search(&row).ok()?;
        Some(self.columns[column.index()].get(place))
    }
}

fn damaged() -> Error {
    Error::new(
        "scratch/cannot-read",
        "what was put into the scratch file does not come back as it was",
        "check the disk, or name another folder with --scratch",
    )
}

impl Away {
    /// Takes the text of chunks, one after another, if that of any is away.
    pub(super) fn of(mut chunks: Vec<TableBuilder>) -> (Option<Away>, Vec<TableBuilder>) {
        let scratch = chunks.iter().find_map(|chunk| chunk.away.as_ref().map(|away| Arc::clone(&away.scratch)));
        let away = scratch.map(|scratch| Away::of_all(&mut chunks, scratch));
        (away, chunks)
    }

    fn of_all(chunks: &mut [TableBuilder], scratch: Arc<dyn Scratch>) -> Away {
        let mut fault = None;
        for chunk in chunks.iter_mut() {
            if let Err(error) = chunk.put_aside(&scratch) {
                fault.get_or_insert(error);
            }
        }
        let chunks = chunks.iter_mut().filter_map(|chunk| chunk.away.take().map(|away| *away)).collect();
        let mut away = Away {
            scratch,
            chunks,
            order: None,
            ids: RawColumn::Absent,
            recalled: Recalled::default(),
            fault: Mutex::new(fault),
            missed: AtomicBool::new(false),
        };
        away.ids = away.loaded(Column::RecordId);
        away
    }

    pub(super) fn is_absent(&self, column: Column) -> bool {
        self.chunks.iter().all(|chunk| chunk.pieces[column.index()].length == 0)
    }

    /// The text of a record, if it is at hand.
    pub(super) fn get(&self, record: usize, column: Column) -> &str {
        if column == Column::RecordId {
            return self.ids.get(record);
        }
        let found = self.row(record as u32).and_then(|row| self.recalled.get(row, column));
        if found.is_none() && !self.is_absent(column) {
            self.missed.store(true, Ordering::Relaxed);
        }
        found.unwrap_or_default()
    }

    fn row(&self, record: u32) -> Option<u32> {
        match &self.order {
            Some(order) => order.get(record as usize).copied(),
            None => Some(record),
        }
    }

    /// A column by record.
    pub(super) fn column(&self, column: Column) -> Cow<'_, RawColumn> {
        if column == Column::RecordId {
            return Cow::Borrowed(&self.ids);
        }
        let loaded = self.loaded(column);
        Cow::Owned(match &self.order {
            Some(order) => loaded.permuted(order).sealed(),
            None => loaded.sealed(),
        })
    }

    /// The same with the records in another order.
    pub(super) fn in_order(self, order: Option<&[u32]>) -> Away {
        match order {
            Some(order) => Away { ids: self.ids.permuted(order), order: Some(order.to_vec()), ..self },
            None => self,
        }
    }

    /// A column by row.
    fn loaded(&self, column: Column) -> RawColumn {
        let records = self.chunks.iter().map(|chunk| chunk.records).sum();
        let bytes: usize = self.chunks.iter().map(|chunk| chunk.pieces[column.index()].length).sum();
        let (mut whole, mut len, mut buffer) = (RawColumn::Absent, 0, Vec::new());
        for chunk in &self.chunks {
            let piece = chunk.pieces[column.index()];
            if piece.length > 0 {
                let added = self
                    .packed(piece, &mut buffer)
                    .and_then(|packed| packed.append_to(&mut whole, len, records, bytes).ok_or_else(damaged));
                self.note(added);
            }
            len += chunk.records;
            whole.fill(len);
        }
        whole
    }

    /// The text of some rows, given in rising order.
    pub(super) fn rows(&self, rows: &[u32]) -> Recalled {
        let mut columns: Vec<TextList> = Column::ALL.iter().map(|_| TextList::with_capacity(rows.len(), 0)).collect();
        let (mut first, mut rest, mut buffer) = (0, rows, Vec::new());
        for chunk in &self.chunks {
            let own;
            (own, rest) = rest.split_at(rest.partition_point(|&row| (row as usize) < first + chunk.records));
            if !own.is_empty() {
                for (list, piece) in columns.iter_mut().zip(chunk.pieces) {
                    let before = list.len();
                    if piece.length > 0 {
                        let packed = self.packed(piece, &mut buffer);
                        self.note(packed.map(|packed| {
                            own.iter().for_each(|&row| list.push(packed.get(row as usize - first)));
                        }));
                    }
                    (list.len()..before + own.len()).for_each(|_| list.push(""));
                }
            }
            first += chunk.records;
        }
        Recalled { rows: rows.to_vec(), columns }
    }

    /// Calls the text of records back.
    ///
    /// # Errors
    /// Those of the scratch.
    pub(super) fn recall(&mut self, records: &[u32]) -> Result<(), Error> {
        let mut rows: Vec<u32> = records.iter().filter_map(|&record| self.row(record)).collect();
        order::sort(&mut rows);
        rows.dedup();
        self.recalled = Recalled::default();
        self.recalled = self.rows(&rows);
        self.check()
    }

    /// Takes a column of a chunk out of the scratch.
    fn packed(&self, piece: Piece, buffer: &mut Vec<u8>) -> Result<PackedColumn, Error> {
        buffer.resize(piece.length, 0);
        self.scratch.read(piece.place, buffer)?;
        PackedColumn::unpack(&mut &buffer[..]).ok_or_else(damaged)
    }

    /// Keeps the first fault: a column that cannot be had reads as missing, and no result is made of it.
    fn note(&self, done: Result<(), Error>) {
        if let Err(error) = done {
            self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    /// Whether all text that was asked for could be had.
    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(error) = &*self.fault.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(error.clone());
        }
        match self.missed.load(Ordering::Relaxed) {
            true => Err(Error::new(
                "scratch/not-called-back",
                "text was wanted that had been put into the scratch file",
                "run without --max-memory; this is a fault of childlink",
            )),
            false => Ok(()),
        }
    }
}

/// A column of one chunk as it was packed: its values in their order, without a dictionary to find them by.
enum PackedColumn {
    Plain(TextList),
    Interned { ids: Vec<u32>, values: TextList },
}

impl PackedColumn {
    /// Takes a column off the front of its bytes; `None` if they are none.
    fn unpack(bytes: &mut &[u8]) -> Option<PackedColumn> {
        match read_number(bytes)? {
            PLAIN => TextList::unpack(bytes).map(PackedColumn::Plain),
            INTERNED => {
                let values = TextList::unpack(bytes)?;
                let ids: Vec<u32> = read_list(bytes)?;
                let sound = ids.iter().all(|&id| (id as usize) < values.len());
                sound.then_some(PackedColumn::Interned { ids, values })
            }
            _ => None,
        }
    }

    /// The text of a row of the chunk.
    fn get(&self, row: usize) -> &str {
        match self {
            PackedColumn::Plain(list) if row < list.len() => list.get(row),
            PackedColumn::Plain(_) => "",
            PackedColumn::Interned { ids, values } => ids.get(row).map_or("", |&id| values.get(id as usize)),
        }
    }

    /// Appends the column to that of the chunks before, which hold so many records; `None` if the two are not of a kind.
    fn append_to(self, whole: &mut RawColumn, len: usize, records: usize, bytes: usize) -> Option<()> {
        if matches!(whole, RawColumn::Absent) {
            *whole = match self {
                PackedColumn::Plain(_) => RawColumn::Plain(TextList::with_capacity(records, bytes)),
                PackedColumn::Interned { .. } => {
                    RawColumn::Interned { ids: Vec::with_capacity(records), values: Dictionary::default() }
                }
            };
            whole.fill(len);
        }
        match (self, whole) {
            (PackedColumn::Plain(more), RawColumn::Plain(list)) => list.append(&more),
            (PackedColumn::Interned { ids: more, values: new }, RawColumn::Interned { ids, values }) => {
                let here: Vec<u32> = (0..new.len()).map(|id| values.intern(new.get(id))).collect();
                ids.extend(more.iter().map(|&id| here[id as usize]));
            }
            _ => return None,
        }
        Some(())
    }
}
