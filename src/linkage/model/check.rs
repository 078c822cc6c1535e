//! Faults of a model file, found before anything is linked.

use super::{Comparison, Model, name_pair};
use crate::error::Error;
use crate::linkage::keys;
use crate::linkage::pattern::PatternCodec;
use crate::linkage::predicate;

impl Model {
    /// Whether every name is known and every number can be one.
    ///
    /// # Errors
    /// As [`Model::from_json`].
    pub fn check(&self) -> Result<(), Error> {
        for comparison in &self.comparisons {
            self.check_comparison(comparison)?;
        }
        let level_counts: Vec<usize> = self.comparisons.iter().map(|comparison| comparison.gammas() + 1).collect();
        PatternCodec::new(&level_counts)?;
        let blocking = self.blocking.iter().flat_map(|rule| rule.keys.iter().chain(&rule.refine));
        let training = self.training.blocks.iter().flat_map(|block| &block.keys);
        for key in blocking.chain(training) {
            keys::find(key)?;
        }
        for condition in self.blocking.iter().filter_map(|rule| rule.only_if.as_deref()) {
            if predicate::find(condition)?.parameter.is_some() {
                let message = format!("the condition \"{condition}\" of a blocking rule takes a number");
                return Err(fault("model/comparison", message, "name a predicate that takes none"));
            }
        }
        if self.blocking.iter().any(|rule| rule.keys.is_empty()) {
            return Err(fault(
                "model/unknown-key",
                "a blocking rule has no keys",
                "name at least one key for each rule",
            ));
        }
        for name in self.training.blocks.iter().flat_map(|block| &block.fixed) {
            if !self.comparisons.iter().any(|comparison| comparison.name == *name) {
                let message = format!("a training block fixes \"{name}\", which is no comparison");
                return Err(fault("model/comparison", message, "name a comparison of this model"));
            }
        }
        for (place, table) in self.reference_names.iter().enumerate() {
            table.check()?;
            if self.reference_names[..place].iter().any(|other| other.of == table.of) {
                let message = format!("the model has two frequency tables of {}", table.of);
                return Err(fault("frequencies/field", message, "keep one of them"));
            }
        }
        if !name_pair::are_in_order(&self.names_together) {
            let message = "names_together is not in order of field, family name and given name";
            return Err(fault("model/name-pair", message, "let `childlink train` write the list"));
        }
        if !in_open_unit(self.probability_two_random_records_match) {
            return Err(probability("probability_two_random_records_match"));
        }
        Ok(())
    }

    fn check_comparison(&self, comparison: &Comparison) -> Result<(), Error> {
        let name = &comparison.name;
        let last_catches_all = comparison.levels.last().is_some_and(|level| level.when == "otherwise");
        if !last_catches_all || comparison.gammas() < 2 {
            let message =
                format!("the comparison \"{name}\" must have two levels of evidence and end in \"otherwise\"");
            return Err(fault("model/comparison", message, "add the level that holds when no other does"));
        }
        for level in &comparison.levels {
            let known = predicate::find(&level.when)?;
            if known.parameter.is_some() != level.number.is_some() {
                let message =
                    format!("the level \"{}\" of \"{name}\" and its predicate disagree about a number", level.label);
                return Err(fault(
                    "model/comparison",
                    message,
                    "give the number that the predicate takes, and no other",
                ));
            }
            let household = self.household_pairs_per_match.is_some();
            let needed = [Some(level.m), Some(level.u), household.then_some(level.h)];
            let numbers_fit =
                level.is_null_level || needed.into_iter().flatten().all(|p| p.is_some_and(|p| 0.0 < p && p <= 1.0));
            if !numbers_fit {
                return Err(probability(&format!("{name}, level \"{}\"", level.label)));
            }
        }
        Ok(())
    }
}

fn in_open_unit(p: f64) -> bool {
    0.0 < p && p < 1.0
}

fn probability(place: &str) -> Error {
    let message = format!("a probability is missing or not above 0 and at most 1: {place}");
    fault("model/probability", message, "give m, u and, with a household class, h for every level but null ones")
}

fn fault(code: &'static str, message: impl Into<String>, hint: &str) -> Error {
    Error::new(code, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::reference_names::ReferenceNames;

    fn broken(change: impl Fn(&mut Model)) -> &'static str {
        let mut model = Model::child_health();
        change(&mut model);
        Model::from_json(&model.to_json()).unwrap_err().code
    }

    #[test]
    fn faults_are_refused_by_name() {
        assert_eq!(broken(|m| m.comparisons[0].levels[1].when = "tea-leaves".into()), "model/unknown-predicate");
        assert_eq!(broken(|m| m.blocking[0].keys[0] = "shoe-size".into()), "model/unknown-key");
        assert_eq!(broken(|m| m.comparisons[0].levels[1].m = None), "model/probability");
        assert_eq!(broken(|m| m.comparisons[0].levels[1].u = Some(0.0)), "model/probability");
        assert_eq!(broken(|m| m.comparisons[0].levels[1].number = Some(3.0)), "model/comparison");
        assert_eq!(broken(|m| drop(m.comparisons[0].levels.pop())), "model/comparison");
        assert_eq!(broken(|m| m.probability_two_random_records_match = 0.0), "model/probability");
        let table = ReferenceNames::new("family-name", "a test", vec!["Shah,,,10".parse().unwrap()]).unwrap();
        assert_eq!(broken(|m| m.reference_names = vec![table.clone(); 2]), "frequencies/field");
        assert_eq!(Model::from_json("{").unwrap_err().code, "model/unreadable");
    }
}
