//! The columns understood: each distinct raw text parsed once by the parser of its field.

pub(crate) mod address;
mod cells;
pub(crate) mod date;
pub(crate) mod names;
pub(crate) mod number;
mod order;
pub(crate) mod place;
pub(crate) mod record;

use super::raw_column::RawColumn;
use super::text::RawText;
use crate::error::Finding;
use crate::identity::address::{LINES, SECURED, no_address};
use crate::identity::birth_date;
use crate::identity::birth_order::BirthOrder;
use crate::identity::column::Column;
use crate::identity::gp_practice::GpPractice;
use crate::identity::nhs_number::{CHECK_DIGIT, NhsNumber, NhsNumberStatus};
use crate::identity::postcode::Postcode;
use crate::identity::raw::DateOrder;
use crate::identity::sensitive::Sensitivity;
use crate::identity::sex::Sex;
use crate::identity::uprn::Uprn;
use crate::identity::written_date;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::{hash, parallel};
use address::AddressWords;
use cells::Cells;
use date::PackedDate;
use names::{Family, Given, NameTable, Words};
use number::NumberCell;
use order::gathered;
use place::PackedPostcode;
use std::borrow::Cow;
use std::sync::Arc;

/// How many values or records one piece of parallel work holds.
const PIECE: usize = 4096;

/// A column of values that recur: one entry for each distinct raw text, and each record's entry.
#[derive(Default)]
pub(crate) struct Coded<T> {
    ids: Arc<Vec<u32>>,
    values: Arc<Vec<T>>,
}

impl<T: Copy + Default> Coded<T> {
    /// The distinct values, by id.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The id of every record's value; empty where the column is absent.
    pub(crate) fn value_ids(&self) -> Arc<Vec<u32>> {
        Arc::clone(&self.ids)
    }

    /// A record's value; the default where the column is absent.
    #[inline(always)]
    pub(crate) fn of(&self, record: RecordIndex) -> T {
        // No `map_or_else`: as a function of its own, which it stays in Wasm, it would take a fifth of the time to link.
        match self.ids.get(record as usize) {
            Some(&id) => self.values[id as usize],
            None => T::default(),
        }
    }
}

/// Findings of one column by the value that has them, in order of value.
pub(super) struct ColumnFindings {
    pub(super) column: Column,
    /// The findings hold for sources that write dates in this order; for all if `None`.
    pub(super) order: Option<DateOrder>,
    pub(super) by_value: Vec<(u32, Vec<Finding>)>,
}

/// How a source writes all-figure dates, and whether any of its dates told.
#[derive(Clone, Copy, Default)]
pub(super) struct SourceDates {
    pub(super) order: DateOrder,
    pub(super) known: bool,
}

/// Every field of every record in comparable form.
#[derive(Default)]
pub(crate) struct Fields {
    /// The source of each record, by rank of its name.
    pub(crate) source: Vec<u16>,
    pub(crate) number: Vec<NumberCell>,
    pub(crate) names: Arc<NameTable>,
    pub(crate) given: Coded<Given>,
    pub(crate) other: Coded<Given>,
    pub(crate) family: Coded<Family>,
    pub(crate) previous_family: Coded<Family>,
    pub(crate) birth: Vec<PackedDate>,
    pub(crate) sex: Coded<u8>,
    pub(crate) birth_order: Coded<u8>,
    pub(crate) postcode: Coded<PackedPostcode>,
    pub(crate) previous_postcode: Coded<PackedPostcode>,
    pub(crate) address: AddressWords,
    pub(crate) uprn: Cells<u64>,
    pub(crate) practice: Coded<u64>,
    pub(crate) mother_number: Cells<NumberCell>,
    pub(crate) mother_given: Coded<Given>,
    pub(crate) mother_family: Coded<Family>,
    pub(crate) mother_birth: Cells<PackedDate>,
    pub(crate) sensitive: Vec<bool>,
    pub(crate) invalidated: Vec<bool>,
}

impl Fields {
    /// The list of names, to add to it.
    pub(crate) fn names_mut(&mut self) -> &mut NameTable {
        Arc::make_mut(&mut self.names)
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.source.len()
    }

    /// The birth order of a record: from its own column, else from words such as "Twin 2" in the given
    /// name; 0 if unknown.
    #[inline]
    pub(crate) fn birth_order_of(&self, record: RecordIndex) -> u8 {
        match self.birth_order.of(record) {
            0 => self.given.of(record).birth_order,
            order => order,
        }
    }

    /// Whether a record says by itself that other children were born with this one: a second or later
    /// place in the birth order, or words such as "Twin 1".
    pub(crate) fn says_multiple(&self, record: RecordIndex) -> bool {
        self.birth_order.of(record) > 1 || self.given.of(record).birth_order != 0
    }
}

/// The raw columns being understood.
pub(super) struct Reader<'a> {
    text: &'a RawText,
    source: Vec<u16>,
    findings: Vec<ColumnFindings>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a RawText, source: Vec<u16>) -> Reader<'a> {
        Reader { text, source, findings: Vec::new() }
    }

    /// Parses every column; tells the findings and how each source writes dates.
    pub(super) fn read(mut self, sources: usize) -> (Fields, Vec<ColumnFindings>, Vec<SourceDates>) {
        let dates = self.date_orders(sources);
        let status = self.coded(Column::NhsNumberStatus, |text| split(NhsNumberStatus::parse_field(text)));
        let verified = |record: usize| status.of(record as RecordIndex) == Some(NhsNumberStatus::Verified);
        let (address, secured_addresses) = self.addresses();
        let records = self.source.len();
        fn filled<T: Clone + Default>(mut values: Vec<T>, records: usize) -> Vec<T> {
            values.resize(records, T::default());
            values
        }
        let mut fields = Fields {
            number: filled(self.numbers(Column::NhsNumber, verified), records),
            mother_number: Cells::of(self.numbers(Column::MotherNhsNumber, |_| false), records),
            birth: filled(self.dates(Column::BirthDate, &dates), records),
            mother_birth: Cells::of(self.dates(Column::MotherBirthDate, &dates), records),
            sex: self.coded(Column::Sex, |text| {
                let (sex, findings) = split(Sex::parse_field(text));
                (sex.map_or(0, |sex| sex as u8), findings)
            }),
            birth_order: self.coded(Column::BirthOrder, |text| {
                let (order, findings) = split(BirthOrder::parse_field(text));
                (order.map_or(0, BirthOrder::get), findings)
            }),
            postcode: self.postcodes(Column::Postcode),
            previous_postcode: self.postcodes(Column::PreviousPostcode),
            practice: self.coded(Column::GpPractice, |text| {
                let (practice, findings) = split(GpPractice::parse_field(text));
                (practice.map_or(0, |practice| hash::of_text(practice.as_str())), findings)
            }),
            address,
            uprn: self.uprns(),
            ..Fields::default()
        };
        // One number for mother and child: one of the two is wrong, and a mother's number taken for her
        // children's would join them all.
        for (child, mother) in fields.number.iter_mut().zip(fields.mother_number.iter_mut()) {
            if child.number().is_some() && child.number() == mother.number() {
                (*child, *mother) = (NumberCell::default(), NumberCell::default());
            }
        }
        self.names(&mut fields);
        self.flags(&mut fields, &secured_addresses);
        fields.source = self.source;
        (fields, self.findings, dates)
    }

    fn column(&self, column: Column) -> Cow<'a, RawColumn> {
        self.text.column(column)
    }

    /// Parses each distinct text of a column.
    fn values<T: Send>(&mut self, column: Column, parse: impl Fn(&str) -> (T, Vec<Finding>) + Sync + Send) -> Vec<T> {
        let raw = self.column(column);
        self.values_of(column, &raw, parse)
    }

    /// The same of a column at hand.
    fn values_of<T: Send>(
        &mut self,
        column: Column,
        raw: &RawColumn,
        parse: impl Fn(&str) -> (T, Vec<Finding>) + Sync + Send,
    ) -> Vec<T> {
        let count = raw.value_count();
        let pieces = parallel::map(count.div_ceil(PIECE), |piece| {
            let ids = piece * PIECE..((piece + 1) * PIECE).min(count);
            let mut findings = Vec::new();
            let values: Vec<T> = ids
                .map(|id| {
                    let (value, found) = parse(raw.value(id));
                    if !found.is_empty() {
                        findings.push((id as u32, found));
                    }
                    value
                })
                .collect();
            (values, findings)
        });
        let (mut values, mut by_value) = (Vec::with_capacity(count), Vec::new());
        for (piece, findings) in pieces {
            values.extend(piece);
            by_value.extend(findings);
        }
        self.findings.push(ColumnFindings { column, order: None, by_value });
        values
    }

    fn coded<T: Send>(&mut self, column: Column, parse: impl Fn(&str) -> (T, Vec<Finding>) + Sync + Send) -> Coded<T> {
        let raw = self.column(column);
        let values = self.values_of(column, &raw, parse);
        Coded { ids: raw.value_ids(), values: Arc::new(values) }
    }

    fn numbers(&mut self, column: Column, verified: impl Fn(usize) -> bool + Sync + Send) -> Vec<NumberCell> {
        let cells = self.values(column, |text| {
            let parsed = NhsNumber::parse_field(text);
            let cell = match parsed.value() {
                Some(&number) => NumberCell::valid(number),
                // Figures typed to get past a form (all the same) would agree with every other such number.
                None if parsed.field.reason().is_some_and(|reason| *reason.code == CHECK_DIGIT) => {
                    ten_figures(text).map_or_else(NumberCell::default, NumberCell::invalid)
                }
                None => NumberCell::default(),
            };
            (cell, parsed.findings)
        });
        let mut cells = cells;
        for (record, cell) in cells.iter_mut().enumerate() {
            if verified(record) {
                *cell = cell.verified();
            }
        }
        cells
    }

    fn postcodes(&mut self, column: Column) -> Coded<PackedPostcode> {
        self.coded(column, |text| {
            let (postcode, findings) = split(Postcode::parse_field(text));
            (postcode.map_or_else(PackedPostcode::default, PackedPostcode::from), findings)
        })
    }

    /// How each source writes dates: the order that more of its dates tell.
    fn date_orders(&self, sources: usize) -> Vec<SourceDates> {
        let mut votes = vec![(0u64, 0u64); sources];
        for column in [Column::BirthDate, Column::MotherBirthDate, Column::DeathDate] {
            let raw = self.column(column);
            let told: Vec<Option<DateOrder>> =
                (0..raw.value_count()).map(|id| written_date::order_evidence(raw.value(id))).collect();
            if told.iter().all(Option::is_none) {
                continue;
            }
            for (record, &source) in self.source.iter().enumerate() {
                match told[raw.value_id(record) as usize] {
                    Some(DateOrder::DayMonthYear) => votes[usize::from(source)].0 += 1,
                    Some(DateOrder::MonthDayYear) => votes[usize::from(source)].1 += 1,
                    None => {}
                }
            }
        }
        let decide = |(day_first, month_first): (u64, u64)| SourceDates {
            order: if month_first > day_first { DateOrder::MonthDayYear } else { DateOrder::DayMonthYear },
            known: month_first != day_first,
        };
        votes.into_iter().map(decide).collect()
    }

    /// Dates, read in the order of each source; none for an absent column.
    fn dates(&mut self, column: Column, sources: &[SourceDates]) -> Vec<PackedDate> {
        let raw = self.column(column);
        if raw.value_count() == 0 {
            return Vec::new();
        }
        let mut read = |order| {
            let dates = self.values_of(column, &raw, |text| {
                let (date, findings) = split(birth_date::parse_field(text, order, None));
                (date.map_or_else(PackedDate::default, PackedDate::from), findings)
            });
            if let Some(findings) = self.findings.last_mut() {
                findings.order = Some(order);
            }
            dates
        };
        let day_first = read(DateOrder::DayMonthYear);
        let month_first =
            sources.iter().any(|source| source.order == DateOrder::MonthDayYear).then(|| read(DateOrder::MonthDayYear));
        let of = |(record, &source): (usize, &u16)| {
            let value = raw.value_id(record) as usize;
            match (&month_first, sources[usize::from(source)].order) {
                (Some(dates), DateOrder::MonthDayYear) => dates[value],
                _ => day_first[value],
            }
        };
        self.source.iter().enumerate().map(of).collect()
    }

    fn names(&mut self, fields: &mut Fields) {
        let given = self.coded(Column::GivenName, Words::of_given);
        let other = self.coded(Column::OtherNames, Words::of_given);
        let family = self.coded(Column::FamilyName, Words::of_family);
        let previous = self.coded(Column::PreviousFamilyName, Words::of_family);
        let mother_given = self.coded(Column::MotherGivenName, Words::of_given);
        let mother_family = self.coded(Column::MotherFamilyName, Words::of_family);
        let mut names = NameTable::new();
        let givens = [given, other, mother_given]
            .map(|Coded { ids, values }| (ids, values.iter().map(|words| names.given(words)).collect::<Vec<_>>()));
        let families = [family, previous, mother_family]
            .map(|Coded { ids, values }| (ids, values.iter().map(|words| names.family(words)).collect::<Vec<_>>()));
        let numbers = names.renumber();
        let given = |(ids, values): (_, Vec<Given>)| Coded {
            ids,
            values: Arc::new(values.into_iter().map(|name| name.renumbered(&numbers)).collect()),
        };
        let family = |(ids, values): (_, Vec<Family>)| Coded {
            ids,
            values: Arc::new(values.into_iter().map(|name| name.renumbered(&numbers)).collect()),
        };
        let [own, other, mothers] = givens;
        fields.given = given(own);
        fields.other = given(other);
        fields.mother_given = given(mothers);
        let [own, previous, mothers] = families;
        fields.family = family(own);
        fields.previous_family = family(previous);
        fields.mother_family = family(mothers);
        names.complete();
        fields.names = Arc::new(names);
    }

    /// The words of every address, and the records whose address is marked as secured. An address that
    /// says there is none (no fixed abode, unknown) has no words: two of them never agree.
    fn addresses(&self) -> (AddressWords, Vec<usize>) {
        let lines = LINES.map(|line| self.column(line));
        let mut all = AddressWords::default();
        let mut secured = Vec::new();
        if lines.iter().all(|raw| raw.value_count() == 0) {
            return (all, secured);
        }
        let records = self.source.len();
        let pieces = parallel::map(records.div_ceil(PIECE), |piece| {
            let mut words = AddressWords::default();
            let mut secured = Vec::new();
            for record in piece * PIECE..((piece + 1) * PIECE).min(records) {
                let lines = lines.each_ref().map(|raw| raw.get(record));
                match no_address(lines) {
                    None => words.push(lines.into_iter()),
                    Some(code) => {
                        words.push(std::iter::empty());
                        secured.extend((*code == SECURED).then_some(record));
                    }
                }
            }
            (words, secured)
        });
        for (words, records) in pieces {
            all.append(&words);
            secured.extend(records);
        }
        (all, secured)
    }

    fn uprns(&mut self) -> Cells<u64> {
        let uprns = self.values(Column::Uprn, |text| {
            let (uprn, findings) = split(Uprn::parse_field(text));
            (uprn.map_or(0, Uprn::get), findings)
        });
        Cells::of(uprns, self.source.len())
    }

    /// Which records are sensitive, and which are invalidated and leave the pool.
    fn flags(&mut self, fields: &mut Fields, secured_addresses: &[usize]) {
        let stated = self.coded(Column::Sensitive, |text| {
            let (sensitivity, finding) = Sensitivity::parse(text);
            (sensitivity, finding.into_iter().collect())
        });
        let secured = [Column::Postcode, Column::PreviousPostcode].map(|column| {
            let is_secured = |text: &str| Postcode::parse(text).is_ok_and(|postcode| postcode.is_secured());
            let secured = self.coded(column, |text| (is_secured(text), Vec::new()));
            self.findings.pop();
            secured
        });
        let records = 0..self.source.len() as RecordIndex;
        let is_sensitive = |n| stated.of(n) == Sensitivity::Sensitive || secured.iter().any(|secured| secured.of(n));
        fields.sensitive = records.clone().map(is_sensitive).collect();
        secured_addresses.iter().for_each(|&record| fields.sensitive[record] = true);
        fields.invalidated = records.map(|n| stated.of(n) == Sensitivity::Invalidated).collect();
    }
}

/// The value of a parsed field, and its findings.
fn split<T: Clone>(parsed: crate::identity::field::Parsed<T>) -> (Option<T>, Vec<Finding>) {
    (parsed.field.valid().cloned(), parsed.findings)
}

/// Ten ASCII figures with nothing but separators between them.
fn ten_figures(text: &str) -> Option<u64> {
    let separator = |b: &u8| matches!(b, b' ' | b'-');
    let figures = text.bytes().filter(|b| !separator(b));
    let value = figures.clone().try_fold(0u64, |value, b| {
        let figure = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        value.checked_mul(10)?.checked_add(figure)
    })?;
    (figures.count() == 10).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::address::AddressAgreement;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::{Table, TableBuilder};

    fn table(rows: &[&[(Column, &'static str)]]) -> Table {
        let mut builder = TableBuilder::new(0);
        let source = builder.source("a");
        for (n, fields) in rows.iter().enumerate() {
            let mut raw = RawFields::new();
            let id = ["0", "1", "2", "3"][n];
            raw.set(Column::RecordId, id);
            fields.iter().for_each(|&(column, text)| raw.set(column, text));
            builder.push(source, n as u32, &raw);
        }
        Table::build(vec![builder]).table
    }

    #[test]
    fn words_for_no_address_are_no_evidence_and_a_secured_one_marks_the_record() {
        let table = table(&[
            &[(Column::Address1, "No fixed abode"), (Column::Address2, "Leeds")],
            &[(Column::Address1, "NO FIXED ABODE"), (Column::Address2, "LEEDS")],
            &[(Column::Address2, "ZZZSECUR")],
            &[(Column::PreviousPostcode, "zzzsecur")],
        ]);
        assert!(table.fields.address.compare(0, 1) == AddressAgreement::Missing);
        assert_eq!([0, 1, 2, 3].map(|record| table.is_sensitive(record)), [false, false, true, true]);
    }

    #[test]
    fn one_number_for_mother_and_child_is_nobodys() {
        let table = table(&[
            &[(Column::NhsNumber, "9434765919"), (Column::MotherNhsNumber, "943 476 5919")],
            &[(Column::NhsNumber, "9434765919"), (Column::MotherNhsNumber, "4010232137")],
        ]);
        let numbers = [0, 1].map(|record: usize| table.fields.number[record].number());
        let mothers = [0, 1].map(|record: usize| table.fields.mother_number[record].number());
        assert_eq!((numbers, mothers), ([None, Some(9_434_765_919)], [None, Some(4_010_232_137)]));
    }

    #[test]
    fn figures_typed_to_get_past_a_form_are_not_kept_for_comparison() {
        let table = table(&[
            &[(Column::NhsNumber, "1111111111")],
            &[(Column::NhsNumber, "0000000000")],
            &[(Column::NhsNumber, "9434765918")],
            &[(Column::NhsNumber, "943 476 5919")],
        ]);
        let figures = [0, 1, 2, 3].map(|record: usize| table.fields.number[record].figures());
        assert_eq!(figures, [None, None, Some(9_434_765_918), Some(9_434_765_919)]);
    }
}
