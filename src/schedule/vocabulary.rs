//! The names that a programme defines: series, antigens, products and risk groups, as small numbers.

use super::packed::by_text;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// A series of a programme (`mmr`), as its place in the programme's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesId(pub(crate) u8);

impl SeriesId {
    /// The place in the programme's order, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeriesSet(pub(crate) u32);

impl SeriesSet {
    /// Whether it holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it holds this one.
    pub const fn contains(self, series: SeriesId) -> bool {
        self.0 >> series.0 & 1 == 1
    }

    /// Adds one.
    pub const fn insert(&mut self, series: SeriesId) {
        self.0 |= 1 << series.0;
    }

    /// Whether the two share a series.
    pub const fn meets(self, other: SeriesSet) -> bool {
        self.0 & other.0 != 0
    }

    /// The series of both.
    #[must_use]
    pub const fn union(self, other: SeriesSet) -> SeriesSet {
        SeriesSet(self.0 | other.0)
    }

    /// Every member, in the programme's order.
    pub fn iter(self) -> impl Iterator<Item = SeriesId> {
        bits(self.0).map(SeriesId)
    }
}

/// A set of antigens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AntigenSet(pub(crate) u32);

impl AntigenSet {
    /// Whether it holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every antigen of `other` is in it.
    pub const fn contains_all(self, other: AntigenSet) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two share an antigen.
    pub const fn meets(self, other: AntigenSet) -> bool {
        self.0 & other.0 != 0
    }

    /// The antigens of both.
    #[must_use]
    pub const fn union(self, other: AntigenSet) -> AntigenSet {
        AntigenSet(self.0 | other.0)
    }

    /// The places of its members in the programme's order.
    pub(crate) fn indices(self) -> impl Iterator<Item = u8> {
        bits(self.0)
    }
}

/// The members of a 32-bit set, least first.
fn bits(mut set: u32) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let next = (set != 0).then(|| set.trailing_zeros() as u8)?;
        set &= set - 1;
        Some(next)
    })
}

/// A set of risk groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RiskSet(pub(crate) u32);

impl RiskSet {
    /// Whether the two share a group.
    pub const fn meets(self, other: RiskSet) -> bool {
        self.0 & other.0 != 0
    }

    /// The groups of both.
    #[must_use]
    pub const fn union(self, other: RiskSet) -> RiskSet {
        RiskSet(self.0 | other.0)
    }
}

/// A vaccine product of a programme, as its place in the programme's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProductId(pub(crate) u8);

impl ProductId {
    /// The place in the programme's order, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The names of a programme, by text and by number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Vocabulary {
    series: Names,
    antigens: Names,
    risk_groups: Names,
    products: Names,
    #[serde(with = "by_text")]
    by_snomed: HashMap<String, ProductId, FxBuildHasher>,
}

impl Vocabulary {
    /// The series of this id (`mmr`).
    pub fn series(&self, id: &str) -> Option<SeriesId> {
        self.series.find(id).map(SeriesId)
    }

    /// The id of a series.
    pub fn series_id(&self, series: SeriesId) -> &str {
        self.series.name(series.0)
    }

    /// Every series, in the programme's order.
    pub fn all_series(&self) -> impl Iterator<Item = SeriesId> {
        (0..self.series.len()).map(SeriesId)
    }

    /// The product of this id (`infanrix-hexa`).
    pub fn product(&self, id: &str) -> Option<ProductId> {
        self.products.find(id).map(ProductId)
    }

    /// The product of this SNOMED CT or dm+d code.
    pub fn product_by_snomed(&self, code: &str) -> Option<ProductId> {
        self.by_snomed.get(code).copied()
    }

    /// The id of a product.
    pub fn product_id(&self, product: ProductId) -> &str {
        self.products.name(product.0)
    }

    /// The set with this one antigen (`measles`).
    pub fn antigen(&self, id: &str) -> Option<AntigenSet> {
        self.antigens.find(id).map(|index| AntigenSet(1 << index))
    }

    /// The set with this one risk group (`asplenia`).
    pub fn risk_group(&self, id: &str) -> Option<RiskSet> {
        self.risk_groups.find(id).map(|index| RiskSet(1 << index))
    }

    pub(crate) fn add_series(&mut self, id: &str) -> Option<SeriesId> {
        self.series.add(id, 32).map(SeriesId)
    }

    pub(crate) fn add_antigen(&mut self, id: &str) -> Option<u8> {
        self.antigens.add(id, 32)
    }

    /// Another way to write an antigen (`D` for `diphtheria`).
    pub(crate) fn add_antigen_alias(&mut self, alias: &str, id: &str) -> bool {
        self.antigens.alias(alias, id)
    }

    pub(crate) fn add_risk_group(&mut self, id: &str) -> Option<u8> {
        self.risk_groups.add(id, 32)
    }

    pub(crate) fn add_product(&mut self, id: &str) -> Option<ProductId> {
        self.products.add(id, 250).map(ProductId)
    }

    /// Whether the code was new.
    pub(crate) fn add_snomed(&mut self, code: &str, product: ProductId) -> bool {
        self.by_snomed.insert(code.to_owned(), product).is_none()
    }
}

/// Names numbered in the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Names {
    names: Vec<String>,
    #[serde(with = "by_text")]
    numbers: HashMap<String, u8, FxBuildHasher>,
}

impl Names {
    fn len(&self) -> u8 {
        self.names.len() as u8
    }

    fn find(&self, name: &str) -> Option<u8> {
        self.numbers.get(name).copied()
    }

    fn name(&self, number: u8) -> &str {
        self.names.get(usize::from(number)).map_or("", String::as_str)
    }

    /// The number of a new name; `None` if it is there already or the numbers are used up.
    fn add(&mut self, name: &str, most: usize) -> Option<u8> {
        if self.names.len() >= most || self.numbers.contains_key(name) {
            return None;
        }
        let number = self.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }

    fn alias(&mut self, alias: &str, name: &str) -> bool {
        let Some(number) = self.find(name) else { return false };
        self.numbers.insert(alias.to_owned(), number).is_none()
    }
}
