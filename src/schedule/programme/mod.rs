//! An immunisation programme: read from a file that a clinician can read, checked, and kept as small
//! tables.
//!
//! The grammar of the file is described in `docs/programme-files.md`.

mod case;
mod load;
pub(crate) mod model;
mod snomed;
mod words;

pub use model::Provenance;

use super::Span;
use super::packed;
use super::reader::Fault;
use super::vocabulary::{AntigenSet, SeriesId, SeriesSet, Vocabulary};
use case::Case;
use model::{CountsAs, Gate, Had, LivePair, Product, SchoolYears, Series};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// An immunisation programme in force over time: which doses count and which are due, by birth date,
/// visit date, school class, nation, risk and history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Programme {
    pub(crate) provenance: Provenance,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) products: Vec<Product>,
    /// For each product, the series that it can serve.
    pub(crate) serves: Vec<SeriesSet>,
    pub(crate) counts_as: Vec<CountsAs>,
    pub(crate) live_pairs: Vec<LivePair>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) school_years: [SchoolYears; 4],
    /// The distinct ages of the programme; the first is birth.
    pub(crate) ages: Vec<Span>,
    pub(crate) had: Vec<Had>,
    pub(crate) series: Vec<Series>,
    /// No source says from when a dose is overdue: an answer with such a day says so.
    pub(crate) overdue_unconfirmed: bool,
    /// Those of the file; none in the programme that the library carries.
    #[serde(skip)]
    cases: Vec<Case>,
}

impl Programme {
    /// The programme that the library carries: England from 2006 on, with Scotland, Wales and
    /// Northern Ireland where a source confirms a difference.
    ///
    /// # Source
    /// `data/schedules/uk-immunisation.toml` names the source of each rule.
    pub fn built_in() -> &'static Programme {
        static BUILT_IN: LazyLock<Programme> = LazyLock::new(|| packed::unpack(packed::IMMUNISATION));
        &BUILT_IN
    }

    /// Reads a programme file.
    ///
    /// # Errors
    /// Every fault of the file, each with its line and what to do.
    ///
    /// # Examples
    /// ```
    /// use childlink::schedule::Programme;
    /// let faults = Programme::parse("id = 'x'\nreviewed = 'yesterday'\n").unwrap_err();
    /// assert!(faults.iter().any(|fault| fault.line == 2 && fault.found.contains("reviewed")));
    /// ```
    pub fn parse(text: &str) -> Result<Programme, Vec<Fault>> {
        load::load(text)
    }

    /// Everything wrong with a programme file: what cannot be read, and then its own cases that fail.
    pub fn check(text: &str) -> Vec<Fault> {
        match Programme::parse(text) {
            Err(faults) => faults,
            Ok(programme) => programme.cases.iter().filter_map(|case| case.run(&programme)).collect(),
        }
    }

    /// Runs a further file of cases, of the same form as those in a programme file.
    ///
    /// # Errors
    /// Every fault of the case file, and every case that does not come out as it says.
    pub fn check_cases(&self, text: &str) -> Result<CaseCoverage, Vec<Fault>> {
        let cases = case::load_file(text, &self.vocabulary)?;
        let coverage = self.coverage(cases.iter().chain(&self.cases));
        let is_rule = |name: &str| coverage.rules.iter().any(|(rule, ..)| rule == name);
        let faults: Vec<Fault> =
            cases.iter().flat_map(|case| case.unknown_rules(is_rule).chain(case.run(self))).collect();
        if faults.is_empty() { Ok(coverage) } else { Err(faults) }
    }

    /// How many cases the file carries.
    pub fn case_count(&self) -> usize {
        self.cases.len()
    }

    /// Counts, for each rule, the cases that say they show it.
    fn coverage<'c>(&self, cases: impl Iterator<Item = &'c Case>) -> CaseCoverage {
        let cases: Vec<&Case> = cases.collect();
        let count = |named: fn(&Case) -> &[String], rule: &str| {
            cases.iter().filter(|case| named(case).iter().any(|name| name == rule)).count()
        };
        let doses = self.series.iter().flat_map(|series| series.doses.iter().map(|dose| &dose.rule));
        let eligibility = self.series.iter().filter(|series| !series.entitled.is_empty());
        let rules = doses.chain(eligibility.map(|series| &series.eligibility)).map(|rule| {
            let name = rule.name.clone();
            let (shown, denied) = (count(|case| &case.shows, &name), count(|case| &case.denies, &name));
            (name, shown, denied)
        });
        CaseCoverage { cases: cases.len(), rules: rules.collect() }
    }

    /// The rules whose sources leave doubt.
    pub fn unconfirmed_rules(&self) -> Vec<&str> {
        let doses = self.series.iter().flat_map(|series| {
            series.doses.iter().filter(|dose| {
                dose.rule.unconfirmed || dose.recommended.iter().any(|recommended| recommended.unconfirmed)
            })
        });
        let entitled = self.series.iter().flat_map(|series| series.entitled.iter().filter(|who| who.rule.unconfirmed));
        let mut rules: Vec<&str> =
            doses.map(|dose| dose.rule.name.as_str()).chain(entitled.map(|who| who.rule.name.as_str())).collect();
        rules.dedup();
        rules
    }

    /// Id, title, edition and review date.
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The names of its series, products, antigens and risk groups.
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// What lists call a series: `MMR or MMRV`.
    pub fn short_title(&self, series: SeriesId) -> &str {
        self.series.get(series.index()).map_or("", |series| &series.short)
    }

    /// The series that a vaccine with these antigens can serve.
    pub(crate) fn series_served(&self, antigens: AntigenSet) -> SeriesSet {
        let mut served = SeriesSet::default();
        for (series, id) in self.series.iter().zip(self.vocabulary.all_series()) {
            if antigens.contains_all(series.needs) && !antigens.meets(series.not_with) {
                served.insert(id);
            }
        }
        served
    }
}

/// How well the rules of a programme are covered by cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCoverage {
    /// How many cases ran.
    pub cases: usize,
    /// Each rule, how many cases show it at work, and how many show it not to apply.
    pub rules: Vec<(String, usize, usize)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN_TEXT: &str = include_str!("../../../data/schedules/uk-immunisation.toml");

    #[test]
    fn the_built_in_programme_has_no_fault_and_its_cases_come_out() {
        let faults = Programme::check(BUILT_IN_TEXT);
        assert!(faults.is_empty(), "{}", faults.iter().map(|fault| format!("{fault}\n")).collect::<String>());
    }
}
