//! The text of a record's fields, in whatever encoding the file is.

use super::reader::Reader;
use super::record::Record;
use crate::identity::raw::RawFields;
use memchr::memchr;

/// Decodes one record at a time.
pub(super) struct RowDecoder<'r> {
    reader: &'r Reader<'r>,
    may_hold_nul: bool,
    text: String,
    ends: Vec<usize>,
}

/// The text of one record's fields.
pub(super) struct Decoded<'a> {
    pub(super) had_nul: bool,
    text: &'a str,
    spans: Spans<'a>,
}

/// Where the fields lie in the text.
enum Spans<'a> {
    /// As in the record.
    Record(&'a Record<'a>),
    /// One after another, each up to its end: the known columns, then the kept ones.
    Decoded(&'a [usize]),
}

impl<'r> RowDecoder<'r> {
    pub(super) fn new(reader: &'r Reader<'_>, may_hold_nul: bool) -> RowDecoder<'r> {
        RowDecoder { reader, may_hold_nul, text: String::new(), ends: Vec::new() }
    }

    /// The text of the record, or `None` if a field that is read does not stand for text.
    pub(super) fn decode<'a>(&'a mut self, record: &'a Record<'a>) -> Option<Decoded<'a>> {
        let bytes = record.bytes();
        let had_nul = self.may_hold_nul && memchr(0, bytes).is_some();
        // A row that is UTF-8 is read so even in a file that mostly is not: merged extracts mix both.
        if !had_nul && let Ok(text) = std::str::from_utf8(bytes) {
            // The decoder of UTF-16 puts U+FFFD where the bytes were none.
            if !self.reader.form().encoding.is_ascii_compatible() && text.contains(char::REPLACEMENT_CHARACTER) {
                return None;
            }
            return Some(Decoded { had_nul, text, spans: Spans::Record(record) });
        }
        self.text.clear();
        self.ends.clear();
        let columns = self.reader.columns().places().iter().map(|&(_, place)| Some(place));
        for place in columns.chain(self.reader.columns().kept().iter().copied()) {
            if let Some(place) = place {
                self.reader.form().encoding.decode_into(record.get(place), &mut self.text)?;
            }
            self.ends.push(self.text.len());
        }
        if had_nul {
            self.leave_out_nul();
        }
        Some(Decoded { had_nul, text: &self.text, spans: Spans::Decoded(&self.ends) })
    }

    fn leave_out_nul(&mut self) {
        let mut start = 0;
        let mut text = String::with_capacity(self.text.len());
        for end in &mut self.ends {
            text.extend(self.text[start..*end].chars().filter(|&c| c != '\0'));
            start = *end;
            *end = text.len();
        }
        self.text = text;
    }
}

impl<'a> Decoded<'a> {
    pub(super) fn fields(&self, reader: &Reader<'_>) -> RawFields<'a> {
        let mut fields = RawFields::new();
        for (index, &(column, place)) in reader.columns().places().iter().enumerate() {
            fields.set(column, self.field(index, place));
        }
        fields
    }

    pub(super) fn kept<'s>(&'s self, reader: &'s Reader<'_>) -> impl Iterator<Item = &'a str> + 's {
        let known = reader.columns().places().len();
        let places = reader.columns().kept().iter().enumerate();
        places.map(move |(index, place)| place.map_or("", |place| self.field(known + index, place).trim()))
    }

    fn field(&self, index: usize, place: usize) -> &'a str {
        let range = match self.spans {
            Spans::Record(record) => record.range(place),
            Spans::Decoded(ends) => index.checked_sub(1).map_or(0, |before| ends[before])..ends[index],
        };
        self.text.get(range).unwrap_or_default()
    }
}
