//! What the columns of an index mean, and reading rows from them.

use super::column::Column;
use super::snapshot::Description;
use crate::linkage::table::fields::date::PackedDate;
use crate::linkage::table::fields::names::{Family, Given, MAX_WORDS};
use crate::linkage::table::fields::number::NumberCell;
use crate::linkage::table::fields::place::PackedPostcode;
use crate::linkage::table::fields::record::RecordFields;

/// One column of the body. Rows stand in order of birth date, then entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Slot {
    // Of each row. Names, postcodes, practices and addresses are numbers of the dictionaries below.
    Entry,
    Child,
    Source,
    Given,
    Other,
    Family,
    PreviousFamily,
    Sex,
    BirthOrder,
    Postcode,
    PreviousPostcode,
    Practice,
    Street,
    House,
    MotherGiven,
    MotherFamily,
    MotherBirth,
    Flags,
    Number,
    MotherNumber,
    Uprn,
    // Of each entry number: the row, from number 1.
    RowOfEntry,
    // Of each birth date: the date, and the row where it ends.
    Date,
    DateEnd,
    // Of each postcode, ascending, from number 1: the postcode, and how many records were counted with it.
    PostcodeUnit,
    PostcodeCount,
    // Of each practice, from number 1.
    PracticeHash,
    // Of each given name of several words, or with a birth order.
    GivenWhole,
    GivenWord,
    GivenOrder,
    // Of each family name of several words, or whose stem is not itself.
    FamilyWhole,
    FamilyWord,
    FamilyStem,
    // Of each list of address words, from number 1: where it ends among all words, and all words.
    AddressEnd,
    AddressWord,
    // Of each name: how many records were counted with it as given, family, mother's first given, first given name.
    GivenCount,
    FamilyCount,
    MotherCount,
    FirstCount,
}

impl Slot {
    /// How many there are.
    pub(super) const COUNT: usize = Slot::FirstCount as usize + 1;
    /// Those of each row whose values always fit in 32 bits, in order.
    pub(super) const NARROW: usize = Slot::Flags as usize + 1;
    /// Those of each row, in order.
    pub(super) const OF_ROWS: usize = Slot::Uprn as usize + 1;
}

pub(super) const SENSITIVE: u64 = 1;
pub(super) const INVALIDATED: u64 = 2;

/// One record of the index.
#[derive(Clone, Default)]
pub(super) struct Row {
    /// The number by which the host knows the record.
    pub(super) entry: u32,
    /// The child that it was given to; merges may lead on from there.
    pub(super) child: u32,
    pub(super) fields: RecordFields,
}

/// The packed rows and dictionaries.
pub(super) struct Store {
    body: Vec<u8>,
    columns: Vec<Column>,
    rows: usize,
    /// Name numbers from here on stand for names of several words.
    names: u64,
}

impl Store {
    /// The rows that a description tells of; `None` if it tells too little.
    pub(super) fn new(description: &Description, body: Vec<u8>) -> Option<Store> {
        let columns = description.columns.clone();
        (columns.len() == Slot::COUNT).then_some(Store {
            body,
            columns,
            rows: description.rows,
            names: description.names as u64,
        })
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// A value of one column.
    #[inline]
    pub(super) fn get(&self, slot: Slot, place: usize) -> u64 {
        self.column(slot).get(&self.body, place)
    }

    /// Hands over the values of some rows in one column, without those that are 0.
    #[inline]
    pub(super) fn each(&self, slot: Slot, rows: std::ops::Range<usize>, found: impl FnMut(usize, u64)) {
        self.column(slot).each(&self.body, rows, found);
    }

    /// The number of a postcode among those of the index; 0 for one that no record has.
    pub(super) fn postcode_number(&self, postcode: PackedPostcode) -> u64 {
        if !postcode.is_known() {
            return 0;
        }
        let place = self.column(Slot::PostcodeUnit).lower_bound(&self.body, postcode.unit());
        if self.get(Slot::PostcodeUnit, place) == postcode.unit() { place as u64 + 1 } else { 0 }
    }

    /// The place among birth dates of that of a row, which is not before another place.
    pub(super) fn date_place(&self, row: usize, first: usize) -> usize {
        self.column(Slot::DateEnd).lower_bound_from(&self.body, row as u64 + 1, first)
    }

    /// The birth date at a place.
    pub(super) fn date_at(&self, place: usize) -> PackedDate {
        PackedDate::from_bits(self.get(Slot::Date, place))
    }

    /// A value of a column that the description names itself.
    #[inline]
    pub(super) fn value(&self, column: &Column, place: usize) -> u64 {
        column.get(&self.body, place)
    }

    /// How long a column is.
    pub(super) fn count(&self, slot: Slot) -> usize {
        self.column(slot).len()
    }

    fn column(&self, slot: Slot) -> &Column {
        &self.columns[slot as usize]
    }

    /// The rows of one birth date.
    pub(super) fn rows_of(&self, date: PackedDate) -> std::ops::Range<usize> {
        let place = self.column(Slot::Date).lower_bound(&self.body, date.bits());
        if self.get(Slot::Date, place) != date.bits() || place >= self.count(Slot::Date) {
            return 0..0;
        }
        self.rows_of_date(place)
    }

    /// The rows that have one birth date with a row.
    pub(super) fn rows_beside(&self, row: usize) -> std::ops::Range<usize> {
        self.rows_of_date(self.column(Slot::DateEnd).lower_bound(&self.body, row as u64 + 1))
    }

    /// The rows of each birth date in turn.
    pub(super) fn dates(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        (0..self.count(Slot::Date)).map(|date| self.rows_of_date(date))
    }

    fn rows_of_date(&self, date: usize) -> std::ops::Range<usize> {
        self.start_of(date)..(self.get(Slot::DateEnd, date) as usize).min(self.rows)
    }

    fn start_of(&self, date: usize) -> usize {
        if date == 0 { 0 } else { self.get(Slot::DateEnd, date - 1) as usize }
    }

    /// How many counted records have a postcode.
    pub(super) fn postcode_count(&self, postcode: PackedPostcode) -> u64 {
        let place = self.column(Slot::PostcodeUnit).lower_bound(&self.body, postcode.unit());
        let found = self.get(Slot::PostcodeUnit, place) == postcode.unit();
        if found { self.get(Slot::PostcodeCount, place) } else { 0 }
    }

    /// A row's postcode.
    pub(super) fn postcode_of(&self, row: usize) -> PackedPostcode {
        self.postcode(self.get(Slot::Postcode, row))
    }

    /// A row's NHS number.
    pub(super) fn number(&self, row: usize) -> NumberCell {
        NumberCell::from_bits(self.get(Slot::Number, row))
    }

    /// A whole row. Its birth date need not be looked for where it is known.
    pub(super) fn row(&self, row: usize, birth: Option<PackedDate>) -> Row {
        let get = |slot| self.get(slot, row);
        let birth = birth.unwrap_or_else(|| self.date_at(self.date_place(row, 0)));
        let flags = get(Slot::Flags);
        let mut address = Vec::new();
        self.address_words(get(Slot::Street), &mut address);
        self.address_words(get(Slot::House), &mut address);
        address.sort_unstable();
        Row {
            entry: get(Slot::Entry) as u32,
            child: get(Slot::Child) as u32,
            fields: RecordFields {
                source: get(Slot::Source) as u16,
                number: self.number(row),
                given: self.given(get(Slot::Given)),
                other: self.given(get(Slot::Other)),
                family: self.family(get(Slot::Family)),
                previous_family: self.family(get(Slot::PreviousFamily)),
                birth,
                sex: get(Slot::Sex) as u8,
                birth_order: get(Slot::BirthOrder) as u8,
                postcode: self.postcode(get(Slot::Postcode)),
                previous_postcode: self.postcode(get(Slot::PreviousPostcode)),
                address,
                uprn: get(Slot::Uprn),
                practice: self.numbered(Slot::PracticeHash, get(Slot::Practice)),
                mother_number: NumberCell::from_bits(get(Slot::MotherNumber)),
                mother_given: self.given(get(Slot::MotherGiven)),
                mother_family: self.family(get(Slot::MotherFamily)),
                mother_birth: PackedDate::from_bits(get(Slot::MotherBirth)),
                sensitive: flags & SENSITIVE != 0,
                invalidated: flags & INVALIDATED != 0,
            },
        }
    }

    /// An entry of a dictionary numbered from 1; 0 for number 0.
    fn numbered(&self, slot: Slot, number: u64) -> u64 {
        if number == 0 { 0 } else { self.get(slot, number as usize - 1) }
    }

    fn postcode(&self, number: u64) -> PackedPostcode {
        PackedPostcode::from_unit(self.numbered(Slot::PostcodeUnit, number))
    }

    pub(super) fn given(&self, code: u64) -> Given {
        if code < self.names {
            let name = code as u32;
            return Given { whole: name, words: [name, 0, 0, 0], birth_order: 0 };
        }
        let place = (code - self.names) as usize;
        Given {
            whole: self.get(Slot::GivenWhole, place) as u32,
            words: self.words(Slot::GivenWord, place),
            birth_order: self.get(Slot::GivenOrder, place) as u8,
        }
    }

    pub(super) fn family(&self, code: u64) -> Family {
        if code < self.names {
            let name = code as u32;
            return Family { whole: name, words: [name, 0, 0, 0], stem: name };
        }
        let place = (code - self.names) as usize;
        Family {
            whole: self.get(Slot::FamilyWhole, place) as u32,
            words: self.words(Slot::FamilyWord, place),
            stem: self.get(Slot::FamilyStem, place) as u32,
        }
    }

    fn words(&self, slot: Slot, place: usize) -> [u32; MAX_WORDS] {
        std::array::from_fn(|word| self.get(slot, place * MAX_WORDS + word) as u32)
    }

    fn address_words(&self, number: u64, words: &mut Vec<u32>) {
        if number > 0 {
            let end = |number: u64| self.numbered(Slot::AddressEnd, number) as usize;
            words.extend((end(number - 1)..end(number)).map(|place| self.get(Slot::AddressWord, place) as u32));
        }
    }
}
