//! Newborn and infant screens: what each child is due, what has been asked again, what never came.
//!
//! The screens of each nation, their standards and the outcomes that records may hold are data in
//! `data/schedules/*screen*.toml`; `docs/screens.md` describes them.

mod evaluate;
mod outcome;
mod programme;

pub use outcome::{Meaning, Outcome};

use super::child::{Nation, ScreenKind};
use super::packed;
use super::reader::Fault;
use outcome::Outcomes;
use programme::Programme;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The screens of every nation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Screens {
    programmes: Vec<Programme>,
    outcomes: Outcomes,
}

/// What has to happen next with a screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Need {
    /// Nothing.
    #[default]
    Nothing,
    /// To be offered and done.
    Offer,
    /// To be done again.
    Repeat,
    /// Done; the outcome has not arrived.
    Outcome,
    /// A referral or appointment that follows an outcome.
    FollowUp,
}

impl Need {
    /// The words for a list; empty when nothing is needed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Need::Nothing => "",
            Need::Offer => "offer",
            Need::Repeat => "repeat",
            Need::Outcome => "chase the outcome",
            Need::FollowUp => "follow up",
        }
    }
}

impl Screens {
    /// The screens that come with this version.
    pub fn built_in() -> &'static Screens {
        static BUILT_IN: LazyLock<Screens> = LazyLock::new(|| packed::unpack(packed::SCREENS));
        &BUILT_IN
    }

    /// Reads files of screens and the file of outcomes.
    ///
    /// # Errors
    /// Every fault of the first file that has any: what cannot be read, a source that is not listed, a
    /// nation that an earlier file holds, an outcome that starts a follow-up which no screen has.
    pub fn parse(files: &[&str], outcomes: &str) -> Result<Screens, Vec<Fault>> {
        let mut programmes: Vec<Programme> = Vec::with_capacity(files.len());
        for text in files {
            let taken: Vec<Nation> = programmes.iter().flat_map(|programme| programme.nations.clone()).collect();
            programmes.push(Programme::parse(text, &taken)?);
        }
        let outcomes = Outcomes::parse(outcomes, &follow_ups(&programmes))?;
        Ok(Screens { programmes, outcomes })
    }

    /// Every fault of one file of screens.
    pub(super) fn check(text: &str) -> Vec<Fault> {
        Programme::parse(text, &[]).err().unwrap_or_default()
    }

    /// Every fault of a file of outcomes beside the screens that come with this version.
    pub(super) fn check_outcomes(text: &str) -> Vec<Fault> {
        Outcomes::parse(text, &follow_ups(&Screens::built_in().programmes)).err().unwrap_or_default()
    }

    /// What an outcome of a record means, if it is a known code or word.
    ///
    /// ```
    /// use childlink::schedule::ScreenKind;
    /// use childlink::schedule::screens::{Meaning, Screens};
    /// let screens = Screens::built_in();
    /// let meaning = |text| screens.outcome(ScreenKind::BloodSpot, Some("pku"), text).map(|o| o.meaning);
    /// assert_eq!(meaning("0303"), Some(Meaning::Repeat));
    /// assert_eq!(meaning("not-suspected"), Some(Meaning::Complete));
    /// assert_eq!(meaning("perhaps"), None);
    /// ```
    pub fn outcome(&self, kind: ScreenKind, condition: Option<&str>, text: &str) -> Option<&Outcome> {
        self.outcomes.find(kind.as_str(), text, condition)
    }

    /// A screen's condition or element in words, for a list.
    pub fn title(&self, nation: Nation, kind: ScreenKind, condition: Option<&str>) -> Option<String> {
        let screen = self.of(nation).iter().find(|screen| screen.kind == kind)?;
        let Some(condition) = condition else { return Some(screen.title.clone()) };
        let items = screen.items.iter().map(|item| (item.condition.as_deref(), &item.title));
        let follow_ups = screen.follow_ups.iter().map(|f| (Some(f.condition.as_str()), &f.title));
        let (_, title) = items.chain(follow_ups).find(|(name, _)| *name == Some(condition))?;
        Some(format!("{}: {title}", screen.title))
    }

    /// The condition or element of a screening test, by the SNOMED CT code that messages carry.
    ///
    /// # Source
    /// Events Management Service, screening outcome messages, January 2025.
    pub fn condition_by_snomed(&self, code: &str) -> Option<(ScreenKind, &str)> {
        self.all().find_map(|screen| {
            let item = screen.items.iter().find(|item| item.snomed.as_deref() == Some(code))?;
            Some((screen.kind, item.condition.as_deref()?))
        })
    }

    fn programme(&self, nation: Nation) -> Option<&Programme> {
        self.programmes.iter().find(|p| p.nations.contains(&nation))
    }

    fn of(&self, nation: Nation) -> &[programme::Screen] {
        self.programme(nation).map_or(&[], |p| &p.screens)
    }

    fn all(&self) -> impl Iterator<Item = &programme::Screen> {
        self.programmes.iter().flat_map(|p| &p.screens)
    }
}

fn follow_ups(programmes: &[Programme]) -> Vec<&str> {
    let screens = programmes.iter().flat_map(|programme| &programme.screens);
    screens.flat_map(|screen| &screen.follow_ups).map(|follow_up| follow_up.condition.as_str()).collect()
}
