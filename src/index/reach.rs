//! Rows that a blocking rule may bring together with the record in question, found without unpacking those that surely
//! agree in nothing: of a birth date's hundreds of rows a handful is left.

use super::ChildIndex;
use super::access::{Beside, Beyond, Shared};
use super::layout::{Slot, Store};
use crate::error::Error;
use crate::linkage::predicate::birth::are_compatible;
use crate::linkage::table::fields::date::PackedDate;
use crate::linkage::table::fields::names::{Family, Given, NameId, NameTable};
use crate::linkage::table::fields::record::RecordFields;

/// A row, with its birth date where it is known.
pub(super) type Reached = (usize, Option<PackedDate>);

/// What the record in question has that rows may share.
struct Tokens {
    given: Vec<NameId>,
    family: Vec<NameId>,
    any: [NameId; 2],
    family_sound: u64,
    /// By their numbers in the index.
    postcodes: [u64; 2],
    mother_given: NameId,
}

impl Tokens {
    fn of(query: &RecordFields, names: &NameTable, postcodes: [u64; 2]) -> Tokens {
        let mut given: Vec<NameId> =
            query.given.words().chain(query.other.words()).map(|word| names.spelling(word)).collect();
        let mut family: Vec<NameId> = Vec::with_capacity(8);
        for name in [&query.family, &query.previous_family, &query.mother_family] {
            family.extend(name.words().chain([name.whole, name.stem]).filter(|&part| part != 0));
        }
        for list in [&mut given, &mut family] {
            list.sort_unstable();
            list.dedup();
        }
        Tokens {
            given,
            family,
            any: [query.given.whole, query.family.whole],
            family_sound: names.sound(query.family.whole),
            postcodes,
            mother_given: names.spelling(query.mother_given.words[0]),
        }
    }

    fn has_given(&self, names: &NameTable, name: &Given) -> bool {
        name.words().any(|word| self.given.contains(&names.spelling(word)))
    }

    fn has_family(&self, name: &Family) -> bool {
        name.words().chain([name.whole, name.stem]).any(|part| part != 0 && self.family.contains(&part))
    }

    fn has_any(&self, name: NameId) -> bool {
        name != 0 && self.any.contains(&name)
    }

    fn has_mother(&self, names: &NameTable, name: &Given) -> bool {
        self.mother_given != 0 && names.spelling(name.words[0]) == self.mother_given
    }

    /// Whether a record that is unpacked shares one of these.
    fn shares(&self, names: &NameTable, query: &RecordFields, other: &RecordFields, shared: Shared) -> bool {
        match shared {
            Shared::GivenWord => self.has_given(names, &other.given) || self.has_given(names, &other.other),
            Shared::FamilyPart => {
                [&other.family, &other.previous_family, &other.mother_family].into_iter().any(|f| self.has_family(f))
            }
            Shared::AnyName => self.has_any(other.given.whole) || self.has_any(other.family.whole),
            Shared::FamilySound => self.family_sound != 0 && names.sound(other.family.whole) == self.family_sound,
            Shared::Postcode => [query.postcode, query.previous_postcode]
                .into_iter()
                .any(|postcode| postcode.is_known() && [other.postcode, other.previous_postcode].contains(&postcode)),
            Shared::MotherGiven => self.has_mother(names, &other.mother_given),
        }
    }
}

/// How many records of a path's bucket the block of each of its rules can have at most.
struct Sizes<'a> {
    rules: &'a [Vec<Beyond>],
    counts: Vec<usize>,
    query: &'a RecordFields,
    tokens: &'a Tokens,
}

impl<'a> Sizes<'a> {
    fn of(rules: &'a [Vec<Beyond>], query: &'a RecordFields, tokens: &'a Tokens) -> Sizes<'a> {
        Sizes { rules, counts: vec![0; rules.len()], query, tokens }
    }

    /// Counts a row for each rule whose further keys it shares with the record in question.
    fn count(&mut self, store: &Store, names: &NameTable, row: usize, birth: PackedDate) {
        let born = self.query.birth;
        let shares = |beyond: &Beyond| match beyond {
            Beyond::Year => birth.year() == born.year(),
            Beyond::MonthDay => (birth.month(), birth.day()) == (born.month(), born.day()),
            Beyond::District => store.postcode_of(row).district() == self.query.postcode.district(),
            Beyond::MotherGiven => self.tokens.has_mother(names, &store.given(store.get(Slot::MotherGiven, row))),
        };
        for (count, rule) in self.counts.iter_mut().zip(self.rules) {
            *count += usize::from(rule.iter().all(shares));
        }
    }

    /// The greatest of them.
    fn greatest(&self) -> usize {
        self.counts.iter().copied().max().unwrap_or(0)
    }
}

impl ChildIndex {
    /// The rows, in order, each once.
    ///
    /// # Errors
    /// `model/unknown-key`.
    pub(super) fn reach(&mut self, query: &RecordFields, with_changes: bool) -> Result<Vec<Reached>, Error> {
        self.few.fields.set_records(std::slice::from_ref(query));
        let packed = self.store.len();
        let mut rows: Vec<Reached> = Vec::with_capacity(64);
        let postcodes = [query.postcode, query.previous_postcode].map(|unit| self.store.postcode_number(unit));
        let tokens = Tokens::of(query, &self.few.fields.names, postcodes);
        if query.birth.is_whole() {
            let exchanged = query.birth.exchanged().filter(|&other| other != query.birth);
            if let Some(beside) = &self.access.by_date {
                self.of_date(query.birth, beside, query, &tokens, with_changes, &mut rows);
            }
            for (date, beside) in exchanged.iter().zip(&self.access.by_exchanged_date) {
                self.of_date(*date, beside, query, &tokens, with_changes, &mut rows);
            }
        }
        // A block that a batch would cut must be seen whole.
        let most = self.description.model.thresholds.max_block_pairs;
        let ChildIndex { access, description, store, delta, few, .. } = self;
        access.keys(few, |path, _, key| {
            let columns = &description.paths[path];
            let bits = columns.starts.len().saturating_sub(1).checked_ilog2().unwrap_or(0);
            let bucket = super::access::bucket(key, bits);
            let place_of = |bucket| store.value(&columns.starts, bucket) as usize;
            let places = place_of(bucket)..place_of(bucket + 1);
            let came = delta.with_key(path, key);
            let by_number = access.paths[path] == ["nhs-number"];
            let row_at = |place| store.value(&columns.rows, place) as usize;
            // With the record in question.
            let is_whole = |others: usize| {
                let others = others as u64 + came.len() as u64;
                others.saturating_mul(others + 1) / 2 <= most
            };
            let fits = |row: usize| !by_number || store.number(row).number() == query.number.number();
            let begun = rows.len();
            if access.dated[path] {
                let mut sizes = Sizes::of(&access.beyond[path], query, &tokens);
                let count_all = !is_whole(places.len());
                let mut date = 0;
                for row in places.clone().map(row_at).filter(|&row| fits(row)) {
                    date = store.date_place(row, date);
                    let birth = store.date_at(date);
                    if are_compatible(query.birth, birth) {
                        rows.push((row, Some(birth)));
                    }
                    if count_all {
                        sizes.count(store, &few.fields.names, row, birth);
                    }
                }
                if count_all && !is_whole(sizes.greatest()) {
                    rows.truncate(begun);
                    rows.extend(places.map(|place| (row_at(place), None)));
                }
            } else {
                rows.extend(places.map(row_at).filter(|&row| fits(row)).map(|row| (row, None)));
            }
            if with_changes {
                rows.extend(came.iter().map(|&place| (packed + place as usize, None)));
            }
        })?;
        rows.sort_unstable_by_key(|&(row, birth)| (row, birth.is_none()));
        rows.dedup_by_key(|&mut (row, _)| row);
        rows.retain(|&(row, _)| !self.is_gone(row));
        Ok(rows)
    }

    /// The rows of a birth date that share something besides.
    fn of_date(
        &self,
        date: PackedDate,
        beside: &Beside,
        query: &RecordFields,
        tokens: &Tokens,
        with_changes: bool,
        rows: &mut Vec<Reached>,
    ) {
        let block = self.store.rows_of(date);
        if beside.anything {
            rows.extend(block.map(|row| (row, Some(date))));
        } else {
            self.mark(block, &beside.shared, tokens, |row| rows.push((row, Some(date))));
        }
        if with_changes {
            let names = &self.few.fields.names;
            let shares = |place: &&u32| {
                beside.anything
                    || self.delta.row(**place as usize).is_some_and(|row| {
                        beside.shared.iter().any(|&shared| tokens.shares(names, query, &row.fields, shared))
                    })
            };
            let came = self.delta.with_date(date).iter().filter(shares);
            rows.extend(came.map(|&place| (self.store.len() + place as usize, Some(date))));
        }
    }

    /// Tells which rows of a block share any of these, some of them more than once.
    fn mark(&self, block: std::ops::Range<usize>, shared: &[Shared], tokens: &Tokens, mut found: impl FnMut(usize)) {
        let (store, names) = (&self.store, &*self.few.fields.names);
        let asks = |of: Shared| shared.contains(&of);
        let given = asks(Shared::GivenWord) && !tokens.given.is_empty();
        let any = asks(Shared::AnyName);
        if given || any {
            store.each(Slot::Given, block.clone(), |row, code| {
                let name = store.given(code);
                if (given && tokens.has_given(names, &name)) || (any && tokens.has_any(name.whole)) {
                    found(row);
                }
            });
        }
        if given {
            store.each(Slot::Other, block.clone(), |row, code| {
                if tokens.has_given(names, &store.given(code)) {
                    found(row);
                }
            });
        }
        let family = asks(Shared::FamilyPart) && !tokens.family.is_empty();
        let sound = asks(Shared::FamilySound) && tokens.family_sound != 0;
        if family || any || sound {
            store.each(Slot::Family, block.clone(), |row, code| {
                let name = store.family(code);
                if (family && tokens.has_family(&name))
                    || (any && tokens.has_any(name.whole))
                    || (sound && names.sound(name.whole) == tokens.family_sound)
                {
                    found(row);
                }
            });
        }
        if family {
            for slot in [Slot::PreviousFamily, Slot::MotherFamily] {
                store.each(slot, block.clone(), |row, code| {
                    if tokens.has_family(&store.family(code)) {
                        found(row);
                    }
                });
            }
        }
        if asks(Shared::Postcode) && tokens.postcodes != [0, 0] {
            for slot in [Slot::Postcode, Slot::PreviousPostcode] {
                store.each(slot, block.clone(), |row, number| {
                    if tokens.postcodes.contains(&number) {
                        found(row);
                    }
                });
            }
        }
        if asks(Shared::MotherGiven) && tokens.mother_given != 0 {
            store.each(Slot::MotherGiven, block, |row, code| {
                if tokens.has_mother(names, &store.given(code)) {
                    found(row);
                }
            });
        }
    }
}
