//! Chunks of records as bytes, for hosts whose threads share no memory: one reads, another builds the table.

use super::builder::TableBuilder;
use super::dictionary::{Dictionary, TextList};
use super::raw_column::RawColumn;
use crate::identity::column::Column;
use crate::text::packed::{read_length, read_list, read_number, read_text, write_length, write_list, write_text};

pub(super) const PLAIN: u64 = 1;
pub(super) const INTERNED: u64 = 2;

impl TableBuilder {
    /// Appends the chunk to bytes, without the number of its input.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        write_length(bytes, self.sources.len() as u64);
        self.sources.iter().for_each(|name| write_text(bytes, name));
        write_list(bytes, self.source.iter().map(|&source| u64::from(source)));
        // Rows rise, so that the steps between them are small numbers.
        let mut before = 0;
        let step = |&row: &u32| u64::from(row.wrapping_sub(std::mem::replace(&mut before, row)));
        write_list(bytes, self.row.iter().map(step));
        for column in &self.columns {
            column.pack(bytes);
        }
    }

    /// Takes a chunk of input number `input` off the front; `None` if the bytes are none.
    pub(crate) fn unpack(bytes: &mut &[u8], input: u16) -> Option<TableBuilder> {
        let mut chunk = TableBuilder::new(input);
        for _ in 0..read_length(bytes)? {
            chunk.sources.push(read_text(bytes)?.to_owned());
        }
        chunk.source = read_list(bytes)?;
        chunk.row = read_list(bytes)?;
        let mut row = 0u32;
        for step in &mut chunk.row {
            row = row.wrapping_add(*step);
            *step = row;
        }
        for column in Column::ALL {
            chunk.columns[column.index()] = RawColumn::unpack(bytes, chunk.source.len())?;
        }
        let known = chunk.source.iter().all(|&source| usize::from(source) < chunk.sources.len());
        (known && chunk.row.len() == chunk.source.len()).then_some(chunk)
    }
}

impl RawColumn {
    pub(super) fn pack(&self, bytes: &mut Vec<u8>) {
        let ids = |bytes: &mut Vec<u8>, ids: &[u32], values: &Dictionary| {
            write_length(bytes, INTERNED);
            values.values.pack(bytes);
            write_list(bytes, ids.iter().map(|&id| u64::from(id)));
        };
        match self {
            RawColumn::Absent => write_length(bytes, 0),
            RawColumn::Plain(list) => {
                write_length(bytes, PLAIN);
                list.pack(bytes);
            }
            RawColumn::Interned { ids: own, values } => ids(bytes, own, values),
            RawColumn::Sealed { ids: own, values } => ids(bytes, own, values),
        }
    }

    /// Takes a column of at most `records` values off the front.
    fn unpack(bytes: &mut &[u8], records: usize) -> Option<RawColumn> {
        let (column, count) = match read_number(bytes)? {
            0u64 => (RawColumn::Absent, 0),
            PLAIN => {
                let list = TextList::unpack(bytes)?;
                let count = list.len();
                (RawColumn::Plain(list), count)
            }
            INTERNED => {
                let values = Dictionary::of_values(&TextList::unpack(bytes)?)?;
                let ids: Vec<u32> = read_list(bytes)?;
                let count = ids.iter().all(|&id| (id as usize) < values.len()).then_some(ids.len())?;
                (RawColumn::Interned { ids, values }, count)
            }
            _ => return None,
        };
        (count <= records).then_some(column)
    }
}

impl TextList {
    /// Appends the texts to bytes: their lengths, then all one after another.
    fn pack(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, (0..self.len()).map(|index| self.get(index).len() as u64));
        write_text(bytes, self.whole());
    }

    /// Takes texts written by [`pack`](Self::pack) off the front.
    pub(super) fn unpack(bytes: &mut &[u8]) -> Option<TextList> {
        let lengths: Vec<usize> = read_list(bytes)?;
        let mut text = read_text(bytes)?;
        let mut list = TextList::with_capacity(lengths.len(), text.len());
        for length in lengths {
            let own;
            (own, text) = text.split_at_checked(length)?;
            list.push(own);
        }
        text.is_empty().then_some(list)
    }
}

impl Dictionary {
    /// A dictionary of these texts under the same ids; `None` if they are not those of a dictionary.
    fn of_values(values: &TextList) -> Option<Dictionary> {
        let mut dictionary = Dictionary::with_capacity(values.len(), values.bytes());
        (1..values.len()).for_each(|id| _ = dictionary.intern(values.get(id)));
        (dictionary.len() == values.len() && values.get(0).is_empty()).then_some(dictionary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::Table;

    /// A chunk with two sources, a gap in a column, and letters outside ASCII.
    fn chunk(input: u16) -> TableBuilder {
        let mut chunk = TableBuilder::new(input);
        let sources = [chunk.source("births"), chunk.source("school")];
        for (row, (id, given, number)) in
            [("B1", "Zoë", "943 476 5919"), ("S1", "", ""), ("S2", "Zoë", "")].into_iter().enumerate()
        {
            let mut fields = RawFields::new();
            fields.set(Column::RecordId, id);
            fields.set(Column::GivenName, given);
            fields.set(Column::NhsNumber, number);
            chunk.push(sources[row.min(1)], row as u32 + 7, &fields);
        }
        chunk
    }

    #[test]
    fn a_chunk_comes_back_as_it_was() {
        let mut bytes = Vec::new();
        chunk(0).pack(&mut bytes);
        let rest = &mut &bytes[..];
        let back = TableBuilder::unpack(rest, 3).unwrap();
        assert!(rest.is_empty());
        let (one, other) = (Table::build(vec![chunk(3)]).table, Table::build(vec![back]).table);
        for record in 0..3 {
            assert_eq!((one.source(record), one.origin(record)), (other.source(record), other.origin(record)));
            for column in Column::ALL {
                assert_eq!(one.raw(record, column), other.raw(record, column));
            }
        }
    }

    #[test]
    fn no_bytes_of_any_kind_are_a_trap() {
        let mut bytes = Vec::new();
        chunk(0).pack(&mut bytes);
        for cut in 0..bytes.len() {
            assert!(TableBuilder::unpack(&mut &bytes[..cut], 0).is_none(), "cut at {cut}");
        }
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            if let Some(chunk) = TableBuilder::unpack(&mut &damaged[..], 0) {
                Table::build(vec![chunk]);
            }
        }
    }
}
