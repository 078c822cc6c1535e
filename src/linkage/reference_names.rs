//! How often names occur in a country or region, from outside of the records at hand.
//!
//! A few hundred records cannot tell how rare a name is, and a batch of one city does not know that its
//! commonest name is rare elsewhere. A model may bring tables along: the share of a name among the records then
//! leans on the table's share instead of on the average of all names, the more so the fewer records there are.

use crate::date::Date;
use crate::error::Error;
use crate::identity::field::Parsed;
use crate::identity::name::{FamilyName, GivenName};
use crate::identity::sex::Sex;
use crate::linkage::comparison::RecordIndex;
use crate::linkage::table::fields::Fields;
use crate::text::number;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Records' worth of trust in a table, where the model does not say otherwise.
const STRENGTH: f64 = 5_000.0;

/// The value of a row that stands for every name that the table does not list.
const UNLISTED: &str = "*";

const NATIONAL_GIVEN: &str = include_str!("../../data/frequencies/given_names.csv");
const NATIONAL_FAMILY: &str = include_str!("../../data/frequencies/family_names.csv");
const NATIONAL_SOURCE: &str =
    "United Kingdom, Office for National Statistics by way of sdglinkage (data/frequencies/README.md)";

/// How often the values of one field occur.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReferenceNames {
    /// Whose frequency: `given-name`, `family-name` or `mother-given-name`.
    pub of: String,
    /// Where the numbers come from, in words.
    pub source: String,
    /// Records' worth of trust: with so many records at hand, they and the table count alike.
    pub strength: f64,
    /// The values, each a line `value,sex,birth_year,per_million`.
    pub rows: Vec<ReferenceRow>,
}

/// How often one value occurs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "String")]
pub struct ReferenceRow {
    /// The name, in a table as records are compared by it; `*` for every name not listed.
    pub value: String,
    /// Among children of this sex only.
    pub sex: Option<Sex>,
    /// Among children born in this year only.
    pub birth_year: Option<i32>,
    /// Bearers among a million of them, above 0 and at most a million.
    pub per_million: f64,
}

impl ReferenceRow {
    /// A row from the texts of its columns; `sex` and `birth_year` may be empty.
    ///
    /// # Errors
    /// `frequencies/value` where one of them cannot be read, in which case it is named.
    ///
    /// # Examples
    /// ```
    /// use childlink::linkage::reference_names::ReferenceRow;
    /// let row = ReferenceRow::parse("Oscar", "male", "2018", "10860")?;
    /// assert_eq!(row.to_string(), "Oscar,male,2018,10860");
    /// assert_eq!(ReferenceRow::parse("Oscar", "m", "2018", "-1").unwrap_err().field.as_deref(), Some("per_million"));
    /// # Ok::<(), childlink::Error>(())
    /// ```
    pub fn parse(value: &str, sex: &str, birth_year: &str, per_million: &str) -> Result<ReferenceRow, Error> {
        let fault = |field: &'static str, hint: &str| {
            Error::new("frequencies/value", format!("a frequency's {field} cannot be read"), hint).in_field(field)
        };
        let (value, sex, birth_year) = (value.trim(), sex.trim(), birth_year.trim());
        if value.is_empty() || value.contains([',', '\n', '\r']) {
            return Err(fault("value", "give one name, or * for every name that is not listed"));
        }
        let sex = match (sex, Sex::parse_field(sex).value().copied()) {
            ("", _) => None,
            (_, Some(known)) => Some(known),
            _ => return Err(fault("sex", "write female or male, or leave it empty")),
        };
        let year_hint = "write a year such as 2018, or leave it empty";
        let birth_year = match birth_year {
            "" => None,
            text => {
                let year = text.parse().ok().filter(|&year| Date::new(year, 1, 1).is_ok());
                Some(year.ok_or_else(|| fault("birth_year", year_hint))?)
            }
        };
        let number = number::parse(per_million.trim()).filter(|&n| n > 0.0 && n <= 1e6);
        let per_million = number.ok_or_else(|| fault("per_million", "give a number above 0 and at most 1000000"))?;
        Ok(ReferenceRow { value: value.to_owned(), sex, birth_year, per_million })
    }
}

impl fmt::Display for ReferenceRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sex = self.sex.map_or("", Sex::as_str);
        let year = self.birth_year.map_or_else(String::new, |year| year.to_string());
        write!(f, "{},{sex},{year},{}", self.value, number::shortest(self.per_million))
    }
}

impl FromStr for ReferenceRow {
    type Err = Error;

    fn from_str(line: &str) -> Result<ReferenceRow, Error> {
        let parts: Vec<&str> = line.split(',').collect();
        match parts[..] {
            [value, sex, year, share] => ReferenceRow::parse(value, sex, year, share),
            _ => Err(Error::new(
                "frequencies/value",
                "a row of a model's frequencies has not four parts",
                "write value,sex,birth_year,per_million",
            )),
        }
    }
}

impl From<ReferenceRow> for String {
    fn from(row: ReferenceRow) -> String {
        row.to_string()
    }
}

impl ReferenceNames {
    /// The fields that a table may be about.
    pub const FIELDS: [&'static str; 3] = ["given-name", "family-name", "mother-given-name"];

    /// A table of these rows with the usual trust. Names are kept as records are compared by them; rows of one
    /// name, sex and year are added up, and names that are none (`Baby`) are left out.
    ///
    /// # Errors
    /// `frequencies/field` for a field that has no names; `frequencies/empty` without rows.
    pub fn new(of: &str, source: &str, rows: Vec<ReferenceRow>) -> Result<ReferenceNames, Error> {
        let form = |name: &str| match of {
            _ if name == UNLISTED => UNLISTED.to_owned(),
            "family-name" => comparison_form(&FamilyName::parse_field(name), FamilyName::comparison),
            _ => comparison_form(&GivenName::parse_field(name), GivenName::comparison),
        };
        let mut sums: BTreeMap<(String, Option<Sex>, Option<i32>), f64> = BTreeMap::new();
        for row in rows {
            let name = form(&row.value);
            if !name.is_empty() {
                *sums.entry((name, row.sex, row.birth_year)).or_default() += row.per_million;
            }
        }
        let row = |((value, sex, birth_year), sum): (_, f64)| ReferenceRow {
            value,
            sex,
            birth_year,
            per_million: sum.min(1e6),
        };
        let rows = sums.into_iter().map(row).collect();
        let table = ReferenceNames { of: of.to_owned(), source: source.to_owned(), strength: STRENGTH, rows };
        table.check()?;
        Ok(table)
    }

    /// The names of the United Kingdom that ship with childlink: given names by sex and year of birth, and
    /// family names.
    ///
    /// # Source
    /// Office for National Statistics, as sampled by the R package `sdglinkage`; `data/frequencies/README.md`.
    pub fn national() -> Vec<ReferenceNames> {
        let table = |of: &str, text: &str, row: fn(&[&str]) -> Result<ReferenceRow, Error>| {
            let lines = text.lines().skip(1).map(|line| row(&line.split(',').collect::<Vec<_>>()));
            let rows = lines.collect::<Result<Vec<_>, _>>();
            match rows.and_then(|rows| ReferenceNames::new(of, NATIONAL_SOURCE, rows)) {
                Ok(table) => table,
                Err(error) => unreachable!("the lists that ship are checked by a test: {error}"),
            }
        };
        vec![
            table("given-name", NATIONAL_GIVEN, |c| ReferenceRow::parse(c[2], c[0], c[1], c[3])),
            table("family-name", NATIONAL_FAMILY, |c| ReferenceRow::parse(c[0], "", "", c[1])),
        ]
    }

    /// Whether it can be used.
    ///
    /// # Errors
    /// As [`new`](Self::new); `frequencies/order`, `frequencies/strength`.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !ReferenceNames::FIELDS.contains(&self.of.as_str()) {
            return Err(Error::new(
                "frequencies/field",
                format!("there are no frequencies of \"{}\"", self.of),
                "use given-name, family-name or mother-given-name",
            ));
        }
        if self.rows.is_empty() {
            return Err(Error::new(
                "frequencies/empty",
                "a table of frequencies has no rows",
                "list at least one name",
            ));
        }
        let key = |row: &ReferenceRow| (row.value.clone(), row.sex, row.birth_year);
        if !self.rows.is_sorted_by(|a, b| key(a) < key(b)) {
            let message = format!("the frequencies of {} are not in order of value, sex and birth year", self.of);
            return Err(Error::new("frequencies/order", message, "let childlink write the table: --frequencies FILE"));
        }
        if !(self.strength > 0.0 && self.strength.is_finite()) {
            let hint = "give the number of records that weigh as much as the table, such as 5000";
            return Err(Error::new("frequencies/strength", "the strength of a frequency table is not above 0", hint));
        }
        Ok(())
    }

    /// The share of a name among all children born in a year who are of one sex (`None` if it is unknown), or
    /// among mothers, between 0 and 1; `None` if the table does not tell. Half of all children are of each sex, so
    /// a share within a sex counts half; and the nearest year that is listed counts, the earlier of two as near.
    ///
    /// `name` is in comparison form without spaces.
    pub(super) fn share(&self, name: &str, sex: Option<Sex>, year: i32) -> Option<f64> {
        let rows = self.rows_of(name).or_else(|| self.rows_of(UNLISTED))?;
        let within = |sex: Option<Sex>| nearest(rows.iter().filter(|row| row.sex == sex), year);
        if self.is_of_mothers() {
            // Every mother is a woman.
            return within(Some(Sex::Female)).or_else(|| within(None));
        }
        let own = sex.and_then(|sex| within(Some(sex))).map(|share| share / 2.0);
        own.or_else(|| within(None)).or_else(|| match (within(Some(Sex::Female)), within(Some(Sex::Male))) {
            (None, None) => None,
            (one, other) => Some((one.unwrap_or(0.0) + other.unwrap_or(0.0)) / 2.0),
        })
    }

    /// What else tells the share of a record's name: the child's sex and year of birth.
    pub(super) fn bearer(&self, fields: &Fields, record: RecordIndex) -> (Option<Sex>, i32) {
        if self.is_of_mothers() {
            return (None, 0);
        }
        let sex = match fields.sex.of(record) {
            1 => Some(Sex::Male),
            2 => Some(Sex::Female),
            _ => None,
        };
        (sex, fields.birth[record as usize].year() as i32)
    }

    fn is_of_mothers(&self) -> bool {
        self.of == "mother-given-name"
    }

    fn rows_of(&self, name: &str) -> Option<&[ReferenceRow]> {
        let start = self.rows.partition_point(|row| row.value.as_str() < name);
        let end = start + self.rows[start..].partition_point(|row| row.value == name);
        (start < end).then(|| &self.rows[start..end])
    }
}

/// The share in the nearest year of these rows.
fn nearest<'r>(rows: impl Iterator<Item = &'r ReferenceRow>, year: i32) -> Option<f64> {
    let distance = |row: &&ReferenceRow| {
        let own = row.birth_year.unwrap_or(0);
        (own.abs_diff(year), own)
    };
    rows.min_by_key(distance).map(|row| row.per_million / 1e6)
}

/// A name as records are compared by it, without its spaces.
fn comparison_form<T>(parsed: &Parsed<T>, form: fn(&T) -> &str) -> String {
    parsed.value().map_or_else(String::new, |name| form(name).replace(' ', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(of: &str, rows: &[&str]) -> ReferenceNames {
        ReferenceNames::new(of, "a test", rows.iter().map(|row| row.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn the_lists_that_ship_can_be_read_and_hold_what_their_source_says() {
        let tables = ReferenceNames::national();
        assert_eq!(tables.iter().map(|table| table.of.as_str()).collect::<Vec<_>>(), ["given-name", "family-name"]);
        // sdglinkage firstname_uk: oscar, male, 2018, 0.010859703; lastname_uk: smith, 0.01302.
        assert_eq!(tables[0].share("OSCAR", Some(Sex::Male), 2018), Some(0.01086 / 2.0));
        assert_eq!(tables[1].share("SMITH", None, 2018), Some(0.01302));
        let family: f64 = tables[1].rows.iter().map(|row| row.per_million).sum();
        assert!(family < 1e6, "the shares of family names add up to {family} in a million");
    }

    #[test]
    fn the_nearest_year_of_the_own_sex_counts() {
        let table = table("given-name", &["Robin,m,2000,400", "Robin,m,2010,200", "Robin,f,2005,100"]);
        let share = |sex, year| table.share("ROBIN", sex, year);
        assert_eq!(share(Some(Sex::Male), 2002), Some(200e-6));
        assert_eq!(share(Some(Sex::Male), 2005), Some(200e-6), "the earlier of two as near");
        assert_eq!(share(Some(Sex::Male), 2024), Some(100e-6));
        assert_eq!(share(Some(Sex::Female), 2024), Some(50e-6));
        let both = share(None, 2010).unwrap();
        assert!((both - 150e-6).abs() < 1e-12, "both sexes where it is unknown: {both}");
        assert_eq!(table.share("ROBYN", None, 2010), None);
    }

    #[test]
    fn shares_without_a_sex_hold_for_all_and_a_star_for_what_is_not_listed() {
        let table = table("family-name", &["O'Brien,,,1500", "OBRIEN,,,500", "*,,,3"]);
        assert_eq!(table.share("OBRIEN", Some(Sex::Male), 2010), Some(0.002), "two spellings of one form");
        assert_eq!(table.share("FEATHERSTONEHAUGH", None, 0), Some(3e-6));
        assert_eq!(self::table("mother-given-name", &["Ada,f,,700"]).share("ADA", None, 0), Some(7e-4));
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_field() {
        let field = |row: [&str; 4]| ReferenceRow::parse(row[0], row[1], row[2], row[3]).unwrap_err().field;
        assert_eq!(field(["", "", "", "5"]).as_deref(), Some("value"));
        assert_eq!(field(["Ann", "perhaps", "", "5"]).as_deref(), Some("sex"));
        assert_eq!(field(["Ann", "", "20x8", "5"]).as_deref(), Some("birth_year"));
        assert_eq!(field(["Ann", "", "", "0"]).as_deref(), Some("per_million"));
        assert_eq!(field(["Ann", "", "", "1e9"]).as_deref(), Some("per_million"));
        assert_eq!(ReferenceNames::new("shoe-size", "", Vec::new()).unwrap_err().code, "frequencies/field");
        assert_eq!(ReferenceNames::new("given-name", "", Vec::new()).unwrap_err().code, "frequencies/empty");
        let mut turned = table("given-name", &["Ann,,,5", "Bob,,,5"]);
        turned.rows.reverse();
        assert_eq!(turned.check().unwrap_err().code, "frequencies/order");
    }
}
