//! Everything a child's schedule is made of: the immunisation programme, the newborn screens and the
//! health reviews.

use super::answer::ChildSchedule;
use super::child::Child;
use super::coverage::Indicators;
use super::immunisation::{Extent, immunisations};
use super::programme::Programme;
use super::reader::{Fault, kind_of_file};
use super::reviews::Reviews;
use super::screens::Screens;
use super::vocabulary::Vocabulary;
use crate::date::Date;

/// Everything wrong with a programme file of any kind: vaccines (its own cases are run too), screens, their
/// outcomes, reviews, vitamin K, coverage indicators. The outermost tables tell the kinds apart; a file
/// with none that is known is taken for one of vaccines.
///
/// # Examples
/// ```
/// use childlink::schedule::check_programme_file;
/// let faults = check_programme_file("[[review]]\nkind = 'one-year'\ndue = '12 months'\n");
/// assert!(faults.iter().any(|fault| fault.line == 3 && fault.found.contains("`due`")));
/// ```
pub fn check_programme_file(text: &str) -> Vec<Fault> {
    match kind_of_file(text, ["series", "screen", "outcome", "review", "dose", "indicator"]) {
        "screen" => Screens::check(text),
        "outcome" => Screens::check_outcomes(text),
        "review" => Reviews::check(text),
        "dose" => Reviews::check_vitamin_k(text),
        "indicator" => Indicators::parse(text, Programme::built_in().vocabulary()).err().unwrap_or_default(),
        _ => Programme::check(text),
    }
}

/// The programmes that a schedule is worked out from.
#[derive(Clone, Copy)]
pub struct Programmes<'p> {
    /// Vaccines.
    pub immunisation: &'p Programme,
    /// Newborn screens.
    pub screens: &'p Screens,
    /// Health reviews and vitamin K.
    pub reviews: &'p Reviews,
}

impl Programmes<'static> {
    /// The programmes that the library carries.
    pub fn built_in() -> Programmes<'static> {
        Programmes { immunisation: Programme::built_in(), screens: Screens::built_in(), reviews: Reviews::built_in() }
    }
}

impl<'p> Programmes<'p> {
    /// The names of series, products, antigens and risk groups.
    pub const fn vocabulary(&self) -> &'p Vocabulary {
        self.immunisation.vocabulary()
    }
}

/// Everything that is valid, due, overdue and too late for one child.
///
/// `as_at` is the day of evaluation; one that the child's own object names outranks it.
///
/// # Examples
/// ```
/// use childlink::date::Date;
/// use childlink::schedule::{Programmes, Status, parse_child, schedule};
/// let programmes = Programmes::built_in();
/// let line = br#"{"birth_date": "2020-06-01", "death_date": "2020-06-03", "doses": []}"#;
/// let child = parse_child(line, programmes.vocabulary())?;
/// let answer = schedule(&programmes, &child, Date::new(2026, 3, 2)?);
/// assert!(answer.forecast.iter().all(|entry| entry.status == Status::NotRequired && entry.rule == "deceased"));
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn schedule<'p>(programmes: &Programmes<'p>, child: &Child<'_>, as_at: Date) -> ChildSchedule<'p> {
    let mut answer = immunisations(programmes.immunisation, child, as_at, Extent::Visits);
    let as_at = child.as_at.unwrap_or(as_at);
    answer.screens = programmes.screens.evaluate(child, as_at, &mut answer.findings);
    answer.reviews = programmes.reviews.evaluate(child, as_at, &mut answer.findings);
    answer
}
