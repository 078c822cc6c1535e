//! Which given names recur with which family names.

use crate::linkage::comparison::RecordIndex;
use crate::linkage::model::NamePair;
use crate::linkage::parallel;
use crate::linkage::table::fields::Fields;
use crate::linkage::table::fields::names::NameId;
use crate::order;

/// Fewer children of both names are never listed: they say little, and a model may be shown to others.
const FEWEST_CHILDREN: usize = 5;
/// One mother has several children, and slips in their birth dates make them more: so many are no community.
const CHILDREN_OF_ONE_MOTHER: usize = 10;
/// Children's worth of trust in the given name's frequency among all children.
const STRENGTH: f64 = 20.0;
/// Names that go together less than this, in bits, are not listed.
const LEAST_BITS: f64 = 0.5;

/// The names that go together among these records: of the child, then of the mother. Records of one family name,
/// given name and birth date count as one child, so that a child held in many systems is no community.
pub(super) fn names_together(fields: &Fields, records: &[RecordIndex]) -> Vec<NamePair> {
    let given = |record: RecordIndex| fields.given.of(record).whole;
    let mother = |record: RecordIndex| fields.mother_given.of(record).words[0];
    let mut pairs = together("given-name", 1, fields, records, given);
    pairs.extend(together("mother-given-name", CHILDREN_OF_ONE_MOTHER, fields, records, mother));
    pairs
}

/// `own` children of both names may be those of one family, and do not count.
fn together(
    of: &str,
    own: usize,
    fields: &Fields,
    records: &[RecordIndex],
    given_of: impl Fn(RecordIndex) -> NameId,
) -> Vec<NamePair> {
    let child = |&record: &RecordIndex| {
        let (family, birth) = (fields.family.of(record).whole, fields.birth[record as usize]);
        let given = given_of(record);
        // One number each, which sort fast.
        let number = || u128::from(family) << 96 | u128::from(given) << 64 | u128::from(birth.bits());
        (family != 0 && given != 0 && birth.is_whole()).then(number)
    };
    let mut children: Vec<u128> = records.iter().filter_map(child).collect();
    parallel::sort_numbers(&mut children);
    children.dedup();
    let children: Vec<(NameId, NameId)> =
        children.iter().map(|number| ((number >> 96) as NameId, (number >> 64) as NameId)).collect();
    let mut by_given = vec![0u32; fields.names.len()];
    children.iter().for_each(|&(_, given)| by_given[given as usize] += 1);
    let all = children.len() as f64;
    let mut pairs = Vec::new();
    for family in children.chunk_by(|a, b| a.0 == b.0) {
        for both in family.chunk_by(|a, b| a.1 == b.1).filter(|both| both.len() >= own + FEWEST_CHILDREN - 1) {
            let expected = f64::from(by_given[both[0].1 as usize]) / all;
            let others = |children: usize| (children - own) as f64;
            let among = (others(both.len()) + STRENGTH * expected) / (others(family.len()) + STRENGTH);
            let bits = libm::log2(among / expected);
            if bits >= LEAST_BITS {
                let text = |name| fields.names.text(name).to_owned();
                // Three decimals: the document stays short, and the numbers are no better than that.
                let bits = libm::round(bits * 1000.0) / 1000.0;
                pairs.push(NamePair { of: of.to_owned(), given: text(both[0].1), family: text(family[0].0), bits });
            }
        }
    }
    // Numbers of names depend on the order of rows; their letters do not.
    order::sort_by(&mut pairs, |a, b| (&a.family, &a.given).cmp(&(&b.family, &b.given)));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::column::Column;
    use crate::identity::raw::RawFields;
    use crate::linkage::table::{Table, TableBuilder};

    fn table(rows: &[(&str, &str, u32)]) -> Table {
        let mut chunk = TableBuilder::new(0);
        let source = chunk.source("births");
        for (row, (given, family, day)) in rows.iter().enumerate() {
            let (id, birth) = (row.to_string(), format!("20{:02}-{:02}-11", 10 + day / 12, day % 12 + 1));
            let mut fields = RawFields::new();
            let values = [
                (Column::RecordId, id.as_str()),
                (Column::GivenName, given),
                (Column::FamilyName, family),
                (Column::BirthDate, birth.as_str()),
            ];
            values.into_iter().for_each(|(column, text)| fields.set(column, text));
            chunk.push(source, row as u32 + 1, &fields);
        }
        Table::build(vec![chunk]).table
    }

    #[test]
    fn names_of_a_community_are_found_and_records_of_one_child_are_none() {
        let mut rows = Vec::new();
        for day in 0..40 {
            rows.push(("Muhammad", "Khan", day));
            rows.push((["Oliver", "Harry", "George", "Noah"][day as usize % 4], "Smith", day));
            // One child in forty systems.
            rows.push(("Zebedee", "Featherstonehaugh", 7));
        }
        for day in 0..60 {
            rows.push((
                ["Oliver", "Harry", "George", "Noah"][day as usize % 4],
                ["Jones", "Patel"][day as usize % 2],
                day,
            ));
        }
        let table = table(&rows);
        let all: Vec<RecordIndex> = (0..table.len() as RecordIndex).collect();
        let pairs = names_together(&table.fields, &all);
        let muhammad = pairs.iter().find(|pair| pair.given == "MUHAMMAD").unwrap();
        // 40 of 141 children are so called, and all of the Khans: log2 of 44.7 / 59 over 40 / 141.
        assert!((muhammad.bits - 1.417).abs() < 0.002, "{}", muhammad.bits);
        assert!(pairs.iter().all(|pair| pair.given != "ZEBEDEE"), "one child is no community");
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(names_together(&table.fields, &turned), pairs);
    }
}
