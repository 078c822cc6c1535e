//! Health reviews by nation, and vitamin K by mouth: what each child is due and which standard is
//! breached.
//!
//! The reviews are data in `data/schedules/*reviews.toml` and `oral-vitamin-k.toml`; `docs/reviews.md`
//! describes them.

use super::answer::ReviewForecast;
use super::care_file::{
    About, Sources, check_sources, is_marked, mark, nations, some_date, some_span, span, unreadable,
};
use super::child::{Child, Nation};
use super::failsafe::{Birth, Window, has_died};
use super::finding;
use super::span::Span;
use super::status::Status;
use crate::Error;
use crate::date::{Date, PartialDate};
use crate::error::Finding;
use serde::Deserialize;
use std::sync::LazyLock;

/// The health reviews of every nation, and vitamin K by mouth.
#[derive(Clone, Debug)]
pub struct Reviews {
    programmes: Vec<Programme>,
    vitamin_k: VitaminK,
}

/// The file of reviews of one or more nations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Programme {
    about: About,
    #[serde(deserialize_with = "nations")]
    nations: Vec<Nation>,
    #[serde(rename = "source")]
    sources: Sources,
    #[serde(rename = "review")]
    reviews: Vec<Review>,
}

/// One review.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    kind: String,
    title: String,
    source: String,
    /// Due at this age, or during the school year of a class.
    #[serde(default, deserialize_with = "some_span")]
    due: Option<Span>,
    /// Due in the school year in which the child attends this class; 0 is the first of primary school.
    class: Option<i8>,
    /// The last day that meets the standard.
    #[serde(default, deserialize_with = "some_span")]
    by: Option<Span>,
    standard: String,
    /// The first day on which it is offered no more.
    #[serde(default, deserialize_with = "some_span")]
    before: Option<Span>,
    /// For children for whom it falls due on or after this day.
    #[serde(default, deserialize_with = "some_date")]
    due_from: Option<Date>,
    /// For children born on or after this day.
    #[serde(default, deserialize_with = "some_date")]
    born_from: Option<Date>,
    #[serde(default)]
    unconfirmed: bool,
}

/// The file of vitamin K by mouth.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VitaminK {
    about: About,
    #[serde(rename = "source")]
    sources: Sources,
    #[serde(rename = "dose")]
    doses: Vec<OralDose>,
}

/// One further dose by mouth.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OralDose {
    kind: String,
    title: String,
    /// Which dose it is, the first being the one at birth.
    number: usize,
    source: String,
    #[serde(deserialize_with = "span")]
    due: Span,
    #[serde(default, deserialize_with = "some_span")]
    by: Option<Span>,
    standard: String,
    #[serde(deserialize_with = "span")]
    before: Span,
}

impl Reviews {
    /// The reviews that come with this version.
    pub fn built_in() -> &'static Reviews {
        static BUILT_IN: LazyLock<Reviews> = LazyLock::new(|| {
            let files = [
                include_str!("../../data/schedules/england-reviews.toml"),
                include_str!("../../data/schedules/scotland-reviews.toml"),
                include_str!("../../data/schedules/wales-reviews.toml"),
            ];
            let vitamin_k = include_str!("../../data/schedules/oral-vitamin-k.toml");
            Reviews::parse(&files, vitamin_k).expect("a test reads the built-in files")
        });
        &BUILT_IN
    }

    /// Reads files of reviews and the file of vitamin K.
    ///
    /// # Errors
    /// `reviews/unreadable` with the line, `programme/source-unknown`, and `reviews/when` for a review
    /// that has not exactly one of `due` and `class`.
    pub fn parse(files: &[&str], vitamin_k: &str) -> Result<Reviews, Error> {
        let unreadable = |e| unreadable("reviews/unreadable", &e);
        let vitamin_k: VitaminK = toml::from_str(vitamin_k).map_err(unreadable)?;
        check_sources(&vitamin_k.sources, vitamin_k.doses.iter().map(|dose| &dose.source))?;
        let mut programmes = Vec::with_capacity(files.len());
        for text in files {
            let mut programme: Programme = toml::from_str(text).map_err(unreadable)?;
            check_sources(&programme.sources, programme.reviews.iter().map(|review| &review.source))?;
            for review in &mut programme.reviews {
                if review.due.is_some() == review.class.is_some() {
                    return Err(Error::new(
                        "reviews/when",
                        format!("the review `{}` needs either `due` or `class`", review.kind),
                        "give the age at which it is due, or the class in which it is done",
                    ));
                }
                mark(&mut review.standard, review.unconfirmed);
            }
            programmes.push(programme);
        }
        Ok(Reviews { programmes, vitamin_k })
    }

    /// A review or vitamin K dose in words, for a list.
    pub fn title(&self, nation: Nation, kind: &str) -> Option<&str> {
        let reviews = self.of(nation).iter().map(|review| (&review.kind, &review.title));
        let doses = self.vitamin_k.doses.iter().map(|dose| (&dose.kind, &dose.title));
        reviews.chain(doses).find(|(name, _)| *name == kind).map(|(_, title)| title.as_str())
    }

    /// Where each review of the child's nation stands, in the order of its file, then each dose of
    /// vitamin K if one was given by mouth. Empty when the birth date is not known. A child who has died
    /// needs nothing.
    pub fn evaluate<'p>(
        &'p self,
        child: &Child<'_>,
        as_at: Date,
        findings: &mut Vec<Finding>,
    ) -> Vec<ReviewForecast<'p>> {
        let Some(birth_date) = child.birth_date else { return Vec::new() };
        let birth = Birth { first: birth_date.earliest(), last: birth_date.latest() };
        let nation = child.nation.unwrap_or_default();
        let reviews = self.of(nation);
        if self.programme(nation).is_some_and(|p| p.about.is_stale(as_at)) || self.vitamin_k.about.is_stale(as_at) {
            findings.push(Finding::new(&finding::PROGRAMME_STALE, "reviews"));
        }
        if reviews.is_empty() {
            findings.push(Finding::new(&finding::REVIEWS_UNCONFIRMED, "reviews"));
        }
        for record in &child.reviews {
            if !reviews.iter().any(|review| review.kind == record.kind) {
                findings.push(Finding::new(&finding::REVIEW_UNKNOWN, "reviews"));
            }
        }
        let mut forecasts: Vec<ReviewForecast<'p>> = Vec::with_capacity(reviews.len() + self.vitamin_k.doses.len());
        for review in reviews {
            let records = child.reviews.iter().filter(|record| record.kind == review.kind).map(|record| record.date);
            let done = days(records, as_at).next().is_some();
            forecasts.push(review.evaluate(child, birth, done, as_at));
        }
        if forecasts.iter().any(|f| f.standard.is_some_and(is_marked)) {
            findings.push(Finding::new(&finding::UNCONFIRMED, "reviews"));
        }
        self.vitamin_k.evaluate(child, birth, as_at, findings, &mut forecasts);
        forecasts
    }

    fn programme(&self, nation: Nation) -> Option<&Programme> {
        self.programmes.iter().find(|p| p.nations.contains(&nation))
    }

    fn of(&self, nation: Nation) -> &[Review] {
        self.programme(nation).map_or(&[], |p| &p.reviews)
    }
}

impl Review {
    fn evaluate(&self, child: &Child<'_>, birth: Birth, done: bool, as_at: Date) -> ReviewForecast<'_> {
        let close = |status| closed(&self.kind, status);
        if has_died(child, as_at) {
            return close(Status::NotRequired);
        }
        if done {
            return close(Status::Complete);
        }
        let window = match (self.due, self.class) {
            (Some(due), _) => Window {
                due: due.after(birth.first),
                by: self.by.map(|span| span.after(birth.first)),
                latest: self.before.map(|span| span.after(birth.last).add_days(-1)),
            },
            (None, class) => school_year(class.unwrap_or_default(), child, birth, as_at),
        };
        if self.due_from.is_some_and(|day| window.due < day) || self.born_from.is_some_and(|day| birth.last < day) {
            return close(Status::NotEligible);
        }
        open(&self.kind, window, &self.standard, as_at)
    }
}

impl VitaminK {
    fn evaluate<'p>(
        &'p self,
        child: &Child<'_>,
        birth: Birth,
        as_at: Date,
        findings: &mut Vec<Finding>,
        forecasts: &mut Vec<ReviewForecast<'p>>,
    ) {
        let route = |wanted: fn(&str) -> bool| {
            child.vitamin_k.iter().filter(move |dose| wanted(&dose.route)).map(|dose| dose.date)
        };
        if child.vitamin_k.iter().any(|dose| !is_oral(&dose.route) && !is_injected(&dose.route)) {
            findings.push(Finding::new(&finding::VITAMIN_K_ROUTE_UNKNOWN, "vitamin_k"));
        }
        let mut oral: Vec<Date> = days(route(is_oral), as_at).collect();
        let injected = days(route(is_injected), as_at).next().is_some();
        oral.sort_unstable();
        oral.dedup();
        if oral.is_empty() {
            return;
        }
        for dose in &self.doses {
            forecasts.push(if injected || has_died(child, as_at) {
                closed(&dose.kind, Status::NotRequired)
            } else if oral.len() >= dose.number {
                closed(&dose.kind, Status::Complete)
            } else {
                let window = Window {
                    due: dose.due.after(birth.first),
                    by: dose.by.map(|span| span.after(birth.first)),
                    latest: Some(dose.before.after(birth.last).add_days(-1)),
                };
                open(&dose.kind, window, &dose.standard, as_at)
            });
        }
    }
}

fn is_oral(route: &str) -> bool {
    route == "oral"
}

fn is_injected(route: &str) -> bool {
    matches!(route, "im" | "intramuscular")
}

/// The days of records up to a day. Whoever read a date has told when it cannot be read.
fn days(records: impl Iterator<Item = Option<PartialDate>>, as_at: Date) -> impl Iterator<Item = Date> {
    records.flatten().filter(move |date| date.earliest() <= as_at).map(move |date| date.latest().min(as_at))
}

/// The school year in which the child attends a class: the one that follows from the birth date, moved by
/// as many years as the class attended on the day differs from the computed one.
///
/// # Source
/// School years of England and Wales: 1 September to 31 August; a child enters Reception in the school
/// year after that of the fourth birthday.
fn school_year(class: i8, child: &Child<'_>, birth: Birth, as_at: Date) -> Window {
    let reception = birth.first.school_year() + 5;
    let computed = as_at.school_year() - reception;
    let behind = child.class.map_or(0, |attended| computed - i32::from(attended.years()));
    let year = reception + i32::from(class) + behind;
    let first = |year| Date::new(year, 9, 1).unwrap_or(as_at);
    Window { due: first(year), by: None, latest: Some(first(year + 1).add_days(-1)) }
}

fn open<'p>(kind: &'p str, window: Window, standard: &'p str, as_at: Date) -> ReviewForecast<'p> {
    match window.status(as_at) {
        Status::TooLate => closed(kind, Status::TooLate),
        status => ReviewForecast {
            kind,
            status,
            due: Some(window.due),
            breach_from: window.breach_from(),
            standard: Some(standard),
        },
    }
}

fn closed(kind: &str, status: Status) -> ReviewForecast<'_> {
    ReviewForecast { kind, status, due: None, breach_from: None, standard: None }
}
