//! How often each of many values occurs.

use crate::linkage::table::dictionary::TextList;
use crate::order;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::sync::Arc;

/// Values in order, each once, with how many records have it. A copy shares what it is a copy of: a model of a region
/// counts a million postcodes.
#[derive(Clone, Default)]
pub struct Occurrences {
    all: Arc<All>,
}

#[derive(Default)]
struct All {
    values: TextList,
    counts: Vec<u32>,
}

impl Occurrences {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.all.counts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.counts.is_empty()
    }

    /// How many records have a value; `None` for one that was not counted.
    pub fn get(&self, value: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.all.values.get(middle).cmp(value) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.all.counts.get(middle).copied(),
            }
        }
        None
    }

    /// Every value with its count, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.all.counts.iter().enumerate().map(|(place, &count)| (self.all.values.get(place), count))
    }

    /// How many records have any of the values.
    pub(super) fn total(&self) -> u64 {
        self.all.counts.iter().map(|&count| u64::from(count)).sum()
    }
}

/// Takes values one by one, in whatever order; of one that comes twice the last count stands.
#[derive(Default)]
pub(super) struct Gathered {
    all: All,
    is_out_of_order: bool,
}

impl Gathered {
    pub(super) fn push(&mut self, value: &str, count: u32) {
        let All { values, counts } = &mut self.all;
        self.is_out_of_order |= counts.len().checked_sub(1).is_some_and(|last| values.get(last) >= value);
        values.push(value);
        counts.push(count);
    }

    pub(super) fn finish(self) -> Occurrences {
        let Gathered { all, is_out_of_order } = self;
        if !is_out_of_order {
            return Occurrences { all: Arc::new(all) };
        }
        let mut places: Vec<u32> = (0..all.counts.len() as u32).collect();
        let value = |place: &u32| all.values.get(*place as usize);
        order::sort_by(&mut places, |one, other| value(one).cmp(value(other)).then(one.cmp(other)));
        let mut sorted = All::default();
        for (n, place) in places.iter().enumerate() {
            // The last of equal ones comes last.
            if places.get(n + 1).is_none_or(|next| value(next) != value(place)) {
                sorted.values.push(value(place));
                sorted.counts.push(all.counts[*place as usize]);
            }
        }
        Occurrences { all: Arc::new(sorted) }
    }
}

impl<T: AsRef<str>> FromIterator<(T, u32)> for Occurrences {
    fn from_iter<I: IntoIterator<Item = (T, u32)>>(all: I) -> Occurrences {
        let mut gathered = Gathered::default();
        all.into_iter().for_each(|(value, count)| gathered.push(value.as_ref(), count));
        gathered.finish()
    }
}

impl PartialEq for Occurrences {
    fn eq(&self, other: &Occurrences) -> bool {
        let (one, other) = (&self.all, &other.all);
        Arc::ptr_eq(one, other)
            || one.counts == other.counts
                && one.values.bytes() == other.values.bytes()
                && (0..one.counts.len()).all(|place| one.values.get(place) == other.values.get(place))
    }
}

/// Names and postcodes are not told.
impl fmt::Debug for Occurrences {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} values", self.len())
    }
}

impl Serialize for Occurrences {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (value, count) in self.iter() {
            map.serialize_entry(value, &count)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn they_are_what_a_map_of_them_is(pairs in prop::collection::vec(("[abé]{0,3}", 0u32..9), 0..12)) {
            let map: BTreeMap<String, u32> = pairs.iter().cloned().collect();
            let counted: Occurrences = pairs.iter().cloned().collect();
            prop_assert_eq!(counted.iter().map(|(value, count)| (value.to_owned(), count)).collect::<Vec<_>>(),
                map.clone().into_iter().collect::<Vec<_>>());
            for (value, _) in &pairs {
                prop_assert_eq!(counted.get(value), map.get(value).copied());
            }
            prop_assert_eq!(counted.get("z"), None);
            prop_assert_eq!(serde_json::to_string_pretty(&counted).unwrap(), serde_json::to_string_pretty(&map).unwrap());
            let same: Occurrences = map.iter().map(|(value, &count)| (value, count)).collect();
            prop_assert_eq!(&counted, &same);
            prop_assert_eq!(counted.len() != map.len(), false);
        }
    }
}
