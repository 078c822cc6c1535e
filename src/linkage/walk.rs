//! The order in which candidate pairs are looked at: records of one birth date side by side.
//!
//! Most pairs worth comparing were born on one day. In the order of the table their records lie anywhere in
//! memory, and fetching them costs more than comparing them; side by side, those of a day fit into the
//! cache of one core.

use super::comparison::RecordIndex;
use super::parallel;
use super::table::Table;
use super::table::fields::Fields;

/// The fields of all records in order of birth date, then of the table.
pub(crate) struct Walk {
    fields: Fields,
    records: Vec<RecordIndex>,
}

impl Walk {
    /// Puts the fields of a table in order.
    pub(crate) fn of(table: &Table) -> Walk {
        let records = by_birth(table);
        Walk { fields: table.fields.in_order(&records), records }
    }

    /// The same without a copy: the fields leave the table, but for the sources, until they are given back.
    pub(crate) fn out_of(table: &mut Table) -> Walk {
        let records = by_birth(table);
        let source = table.fields.source.clone();
        let fields = std::mem::replace(&mut table.fields, Fields { source, ..Fields::default() });
        Walk { fields: fields.into_order(&records), records }
    }

    /// Gives the fields back to the table that they were taken from.
    pub(crate) fn give_back(self, table: &mut Table) {
        let places = self.places();
        let Walk { fields, records } = self;
        drop(records);
        table.fields = fields.into_order(&places);
    }

    /// The fields in this order.
    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The record of the table that stands at a place.
    pub(crate) fn record(&self, place: RecordIndex) -> RecordIndex {
        self.records[place as usize]
    }

    /// Where each record of the table stands.
    pub(crate) fn places(&self) -> Vec<RecordIndex> {
        let mut places = vec![0; self.records.len()];
        for (place, &record) in self.records.iter().enumerate() {
            places[record as usize] = place as RecordIndex;
        }
        places
    }

    /// Where a record of the table stands.
    pub(crate) fn place(&self, table: &Table, record: RecordIndex) -> RecordIndex {
        let key = |record: RecordIndex| (table.fields.birth[record as usize], record);
        self.records.partition_point(|&other| key(other) < key(record)) as RecordIndex
    }

    /// The records of the table that stand at two places, the lesser first.
    pub(crate) fn pair(&self, left: RecordIndex, right: RecordIndex) -> (RecordIndex, RecordIndex) {
        let (left, right) = (self.record(left), self.record(right));
        (left.min(right), left.max(right))
    }
}

/// The records in order of birth date, then of the table.
fn by_birth(table: &Table) -> Vec<RecordIndex> {
    let birth = &table.fields.birth;
    let mut places = parallel::map_each(table.len(), |record| (birth[record], record as RecordIndex));
    parallel::sort_by_word(&mut places, |(birth, _)| birth.bits());
    places.into_iter().map(|(_, record)| record).collect()
}
