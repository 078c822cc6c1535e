//! The screens of a nation as its file states them. The grammar is described in `docs/screens.md`.

use crate::Error;
use crate::date::Date;
use crate::schedule::care_file::{
    About, Sources, check_sources, mark, nations, parsed, some_date, some_span, span, unreadable,
};
use crate::schedule::child::{Nation, ScreenKind, Sex};
use crate::schedule::span::Span;
use serde::Deserialize;
use serde::de::Deserializer;

/// The screens of one or more nations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Programme {
    pub(super) about: About,
    #[serde(deserialize_with = "nations")]
    pub(super) nations: Vec<Nation>,
    #[serde(rename = "source")]
    sources: Sources,
    #[serde(rename = "screen")]
    pub(super) screens: Vec<Screen>,
}

/// One screen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Screen {
    #[serde(deserialize_with = "kind")]
    pub(super) kind: ScreenKind,
    pub(super) title: String,
    source: String,
    /// Ages count from 40 weeks of gestation.
    #[serde(default)]
    pub(super) corrected: bool,
    #[serde(deserialize_with = "span")]
    pub(super) due: Span,
    /// The last day that meets the standard.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) by: Option<Span>,
    standard: String,
    /// The first day on which it is offered no more.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) before: Option<Span>,
    #[serde(default)]
    unconfirmed: bool,
    pub(super) transfusion: Option<Transfusion>,
    pub(super) moved_in: Option<MovedIn>,
    pub(super) community: Option<Community>,
    #[serde(rename = "item")]
    pub(super) items: Vec<Item>,
    #[serde(default, rename = "follow_up")]
    pub(super) follow_ups: Vec<FollowUp>,
}

/// How a transfusion moves the sample.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transfusion {
    /// From the transfusion to the first day on which a sample counts.
    #[serde(deserialize_with = "span")]
    pub(super) wait: Span,
    /// The age beyond which the routine sample is not held back.
    #[serde(deserialize_with = "span")]
    pub(super) latest: Span,
}

/// The standard for a child who moved in, counted from the day on which child health was told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MovedIn {
    #[serde(deserialize_with = "span")]
    pub(super) by: Span,
    pub(super) standard: String,
    /// Items of this group are all done again if one of them has no outcome.
    pub(super) rerun_group: String,
    #[serde(default)]
    unconfirmed: bool,
}

/// The standard where the screen is done in the community.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Community {
    #[serde(deserialize_with = "span")]
    pub(super) by: Span,
}

/// One condition or element of a screen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) condition: Option<String>,
    pub(super) title: String,
    /// The SNOMED CT code of the test.
    pub(super) snomed: Option<String>,
    pub(super) group: Option<String>,
    source: Option<String>,
    /// Due at another age than the screen.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) due: Option<Span>,
    #[serde(default, deserialize_with = "some_span")]
    pub(super) by: Option<Span>,
    /// Another standard than the screen's; after reading, the one that holds.
    #[serde(default)]
    pub(super) standard: String,
    /// The last day on which it is offered.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) latest: Option<Span>,
    #[serde(default)]
    unconfirmed: bool,
    /// For children for whom it falls due on or after this day.
    #[serde(default, deserialize_with = "some_date")]
    pub(super) due_from: Option<Date>,
    /// Only for children for whom an offer or outcome is recorded.
    #[serde(default)]
    pub(super) where_offered: bool,
    /// Only for children born before so many weeks of gestation.
    pub(super) gestation_before: Option<u8>,
    /// Outcomes of this condition count from the day on which the item is due.
    pub(super) again: Option<String>,
    /// Not for children of this sex.
    #[serde(default, deserialize_with = "some_sex")]
    pub(super) not_for_sex: Option<Sex>,
}

/// What follows an outcome.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowUp {
    pub(super) condition: String,
    pub(super) title: String,
    /// Counted from birth (corrected where the screen is); on the day of the outcome when absent.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) due_at_age: Option<Span>,
    /// Counted from the outcome.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) by: Option<Span>,
    /// Counted from birth, instead of `by`.
    #[serde(default, deserialize_with = "some_span")]
    pub(super) by_age: Option<Span>,
    pub(super) standard: String,
    #[serde(default)]
    unconfirmed: bool,
}

impl Programme {
    /// Reads a file of screens.
    ///
    /// # Errors
    /// `screens/unreadable`, with the line; `screens/source-unknown`.
    pub(super) fn parse(text: &str) -> Result<Programme, Error> {
        let mut programme: Programme = toml::from_str(text).map_err(|e| unreadable("screens/unreadable", &e))?;
        for screen in &mut programme.screens {
            let named = [&screen.source].into_iter().chain(screen.items.iter().filter_map(|i| i.source.as_ref()));
            check_sources(&programme.sources, named)?;
            screen.settle();
        }
        Ok(programme)
    }
}

impl Screen {
    /// Whether it has a condition, element or follow-up of this name.
    pub(super) fn has(&self, condition: &str) -> bool {
        self.items.iter().any(|item| item.condition.as_deref() == Some(condition))
            || self.follow_ups.iter().any(|follow_up| follow_up.condition == condition)
    }

    /// Gives each item the standard and mark of its screen where it has none of its own, and each
    /// unconfirmed standard its suffix, so that no child pays for it.
    fn settle(&mut self) {
        for item in &mut self.items {
            item.unconfirmed |= self.unconfirmed;
            if item.standard.is_empty() {
                item.standard.clone_from(&self.standard);
            }
            mark(&mut item.standard, item.unconfirmed);
        }
        for follow_up in &mut self.follow_ups {
            mark(&mut follow_up.standard, follow_up.unconfirmed);
        }
        if let Some(moved_in) = &mut self.moved_in {
            mark(&mut moved_in.standard, moved_in.unconfirmed);
        }
    }
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ScreenKind, D::Error> {
    parsed(deserializer, ScreenKind::parse)
}

fn some_sex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Sex>, D::Error> {
    parsed(deserializer, |text| match text {
        "female" => Some(Some(Sex::Female)),
        "male" => Some(Some(Sex::Male)),
        _ => None,
    })
}
