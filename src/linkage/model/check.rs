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
        for (place, comparison) in self.comparisons.iter().enumerate() {
            self.check_comparison(comparison)?;
            if self.comparisons[..place].iter().any(|other| other.name == comparison.name) {
                let message = format!("two comparisons are called \"{}\"", comparison.name);
                return Err(fault("model/comparison", message, "take one of them out: its evidence would count twice"));
            }
        }
        self.check_numbers()?;
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
        let prior = self.probability_two_random_records_match;
        if !(LEAST_PRIOR <= prior && prior < 1.0) {
            let range = "1e-300 or more, and below 1";
            return Err(Error {
                code: "model/probability",
                ..out_of_range("probability_two_random_records_match", range)
            });
        }
        Ok(())
    }

    /// Numbers that would be taken for others without a word.
    fn check_numbers(&self) -> Result<(), Error> {
        let (training, thresholds) = (&self.training, &self.thresholds);
        let number = |place, number: f64, fits: fn(f64) -> bool, range| {
            if fits(number) { Ok(()) } else { Err(out_of_range(place, range)) }
        };
        let at_least_0: (fn(f64) -> bool, _) = (|x| x >= 0.0, "0 or more");
        let above_0: (fn(f64) -> bool, _) = (|x| x > 0.0, "above 0");
        number("household_pairs_per_match", self.household_pairs_per_match.unwrap_or(1.0), above_0.0, above_0.1)?;
        number("training.u_strength", training.u_strength, at_least_0.0, at_least_0.1)?;
        number("training.m_strength", training.m_strength, at_least_0.0, at_least_0.1)?;
        number("training.convergence", training.convergence, at_least_0.0, at_least_0.1)?;
        number("training.recall", training.recall, |x| 0.0 < x && x <= 1.0, "above 0 and at most 1")?;
        number("training.max_iterations", training.max_iterations as f64, |x| x >= 1.0, "1 or more")?;
        number("thresholds.runner_up_margin", thresholds.runner_up_margin, at_least_0.0, at_least_0.1)?;
        if thresholds.review > thresholds.link {
            let range = "at most thresholds.link: a pair that links needs no review";
            return Err(out_of_range("thresholds.review", range));
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
            for (key, number) in
                level.term_frequency.iter().flat_map(|t| [("weight", t.weight), ("minimum_u", t.minimum_u)])
            {
                if !(0.0..=1.0).contains(&number) {
                    let place = format!("term_frequency.{key} of {name}, level \"{}\"", level.label);
                    return Err(out_of_range(&place, "0 to 1"));
                }
            }
        }
        Ok(())
    }
}

/// Below it numbers lose their figures, and weights with them.
const LEAST_PRIOR: f64 = 1e-300;

fn out_of_range(place: &str, range: &str) -> Error {
    let hint = "compare the file with data/models/child-health.json";
    Error::new("model/range", format!("{place} must be {range}"), hint).in_field(place)
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
    fn numbers_out_of_their_range_are_refused_with_place_and_range() {
        let told = |change: fn(&mut Model)| {
            let mut model = Model::child_health();
            change(&mut model);
            let error = Model::from_json(&model.to_json()).unwrap_err();
            assert_eq!(error.code, "model/range");
            error.message
        };
        assert_eq!(told(|m| m.training.recall = 1.5), "training.recall must be above 0 and at most 1");
        for (change, place) in [
            ((|m| m.household_pairs_per_match = Some(-1.0)) as fn(&mut Model), "household_pairs_per_match"),
            (|m| m.household_pairs_per_match = Some(0.0), "household_pairs_per_match"),
            (|m| m.training.u_strength = -1.0, "training.u_strength"),
            (|m| m.training.m_strength = -1.0, "training.m_strength"),
            (|m| m.training.convergence = -1.0, "training.convergence"),
            (|m| m.training.recall = 0.0, "training.recall"),
            (|m| m.training.max_iterations = 0, "training.max_iterations"),
            (|m| m.thresholds.review = m.thresholds.link + 1.0, "thresholds.review"),
            (|m| m.thresholds.runner_up_margin = -1.0, "thresholds.runner_up_margin"),
        ] {
            assert!(told(change).starts_with(&format!("{place} must be ")), "{place}");
        }
        let of_names = |m: &mut Model, weight: f64, minimum_u: f64| {
            let levels = m.comparisons.iter_mut().flat_map(|comparison| &mut comparison.levels);
            let mut settings = levels.filter_map(|level| level.term_frequency.as_mut());
            let setting = settings.next().unwrap();
            (setting.weight, setting.minimum_u) = (weight, minimum_u);
        };
        for (weight, minimum_u) in [(-1.0, 0.0), (1e308, 0.0), (1.0, 5.0)] {
            let mut model = Model::child_health();
            of_names(&mut model, weight, minimum_u);
            assert_eq!(Model::from_json(&model.to_json()).unwrap_err().code, "model/range");
        }
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
        assert_eq!(broken(|m| m.probability_two_random_records_match = 1e-320), "model/probability");
        assert_eq!(broken(|m| m.comparisons.push(m.comparisons[0].clone())), "model/comparison");
        let table = ReferenceNames::new("family-name", "a test", vec!["Shah,,,10".parse().unwrap()]).unwrap();
        assert_eq!(broken(|m| m.reference_names = vec![table.clone(); 2]), "frequencies/field");
        assert_eq!(Model::from_json("{").unwrap_err().code, "model/unreadable");
    }
}
