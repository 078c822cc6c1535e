//! Health reviews by nation, and vitamin K by mouth: what each child is due and which standard is
//! breached.
//!
//! The reviews are data in `data/schedules/*reviews.toml` and `oral-vitamin-k.toml`; `docs/reviews.md`
//! describes them.

use super::answer::ReviewForecast;
use super::care_file::{Head, is_marked, marked};
use super::child::{Child, Nation};
use super::failsafe::{Birth, Window, has_died};
use super::finding;
use super::packed::{self, some_day};
use super::reader::{Fault, Table, read_file};
use super::span::Span;
use super::status::Status;
use crate::date::{Date, PartialDate};
use crate::error::Finding;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The health reviews of every nation, and vitamin K by mouth.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reviews {
    programmes: Vec<Programme>,
    vitamin_k: VitaminK,
}

/// The file of reviews of one or more nations.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Programme {
    head: Head,
    nations: Vec<Nation>,
    reviews: Vec<Review>,
}

/// One review.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Review {
    kind: String,
    title: String,
    when: When,
    /// The last day that meets the standard.
    by: Option<Span>,
    /// Marked where unconfirmed.
    standard: String,
    /// The first day on which it is offered no more.
    before: Option<Span>,
    /// For children for whom it falls due on or after this day.
    #[serde(with = "some_day")]
    due_from: Option<Date>,
    /// For children born on or after this day.
    #[serde(with = "some_day")]
    born_from: Option<Date>,
}

/// When a review is due.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum When {
    /// At an age.
    Age(Span),
    /// In the school year in which the child attends this class; 0 is the first of primary school.
    Class(i8),
}

/// The file of vitamin K by mouth.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct VitaminK {
    head: Head,
    doses: Vec<OralDose>,
}

/// One further dose by mouth.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OralDose {
    kind: String,
    title: String,
    /// Which dose it is, the first being the one at birth.
    number: usize,
    due: Span,
    by: Option<Span>,
    standard: String,
    before: Span,
}

impl Reviews {
    /// The reviews that come with this version.
    pub fn built_in() -> &'static Reviews {
        static BUILT_IN: LazyLock<Reviews> = LazyLock::new(|| packed::unpack(packed::REVIEWS));
        &BUILT_IN
    }

    /// Reads files of reviews and the file of vitamin K.
    ///
    /// # Errors
    /// Every fault of the first file that has any: what cannot be read, a source that is not listed, a
    /// review that has not exactly one of `due` and `class`.
    pub fn parse(files: &[&str], vitamin_k: &str) -> Result<Reviews, Vec<Fault>> {
        let vitamin_k = VitaminK::parse(vitamin_k)?;
        let programmes = files.iter().map(|text| Programme::parse(text)).collect::<Result<_, _>>()?;
        Ok(Reviews { programmes, vitamin_k })
    }

    /// Every fault of one file of reviews.
    pub(super) fn check(text: &str) -> Vec<Fault> {
        Programme::parse(text).err().unwrap_or_default()
    }

    /// Every fault of a file of vitamin K.
    pub(super) fn check_vitamin_k(text: &str) -> Vec<Fault> {
        VitaminK::parse(text).err().unwrap_or_default()
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
        if self.programme(nation).is_some_and(|p| p.head.is_stale(as_at)) || self.vitamin_k.head.is_stale(as_at) {
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

impl Programme {
    fn parse(text: &str) -> Result<Programme, Vec<Fault>> {
        read_file(text, "the reviews", |root| {
            let head = Head::read(root);
            root.needed("nations", Some(()));
            let nations = root.nations();
            let reviews = root.each("review", |index| format!("review {}", index + 1), |table| review(table, &head));
            Some(Programme { head, nations, reviews: reviews.into_iter().collect::<Option<_>>()? })
        })
    }
}

fn review(table: &Table<'_, '_>, head: &Head) -> Option<Review> {
    head.needed_by(table);
    let class = table.number("class", -5..=20).map(|class| When::Class(class.value as i8));
    let when = match (table.some_span("due").map(When::Age), class) {
        (Some(when), None) | (None, Some(when)) => Some(when),
        _ => {
            let fix = "give the age at which it is due, or the class in which it is done";
            table.file.fault(table.at, format!("{} needs either `due` or `class`", table.what), fix);
            None
        }
    };
    let review = Review {
        kind: table.needed_text("kind"),
        title: table.needed_text("title"),
        by: table.some_span("by"),
        standard: marked(table.needed_text("standard"), table.flag("unconfirmed")),
        before: table.some_span("before"),
        due_from: table.some_date("due_from"),
        born_from: table.some_date("born_from"),
        when: when?,
    };
    Some(review)
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
        let window = match self.when {
            When::Age(due) => Window {
                due: due.after(birth.first),
                by: self.by.map(|span| span.after(birth.first)),
                latest: self.before.map(|span| span.after(birth.last).add_days(-1)),
            },
            When::Class(class) => school_year(class, child, birth, as_at),
        };
        if self.due_from.is_some_and(|day| window.due < day) || self.born_from.is_some_and(|day| birth.last < day) {
            return close(Status::NotEligible);
        }
        open(&self.kind, window, &self.standard, as_at)
    }
}

impl VitaminK {
    fn parse(text: &str) -> Result<VitaminK, Vec<Fault>> {
        read_file(text, "vitamin K by mouth", |root| {
            let head = Head::read(root);
            let doses = root.each(
                "dose",
                |index| format!("dose {}", index + 1),
                |dose| {
                    head.needed_by(dose);
                    OralDose {
                        kind: dose.needed_text("kind"),
                        title: dose.needed_text("title"),
                        number: dose
                            .needed("number", dose.number("number", 2..=10))
                            .map_or(0, |number| number.value as usize),
                        due: dose.needed_span("due"),
                        by: dose.some_span("by"),
                        standard: dose.needed_text("standard"),
                        before: dose.needed_span("before"),
                    }
                },
            );
            Some(VitaminK { head, doses })
        })
    }

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
        // A dose recorded twice is one, and no more are counted than a course has.
        let most = self.doses.iter().map(|dose| dose.number).max().unwrap_or(0);
        let mut oral: Vec<Date> = Vec::new();
        for day in days(route(is_oral), as_at) {
            if oral.len() < most && !oral.contains(&day) {
                oral.push(day);
            }
        }
        let injected = days(route(is_injected), as_at).next().is_some();
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
