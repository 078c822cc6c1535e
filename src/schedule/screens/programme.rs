//! The screens of a nation as its file states them. The grammar is described in `docs/screens.md`.

use crate::date::Date;
use crate::schedule::care_file::{Head, marked};
use crate::schedule::child::{Nation, ScreenKind, Sex};
use crate::schedule::packed::some_day;
use crate::schedule::reader::{Fault, Table, read_file};
use crate::schedule::span::Span;
use serde::{Deserialize, Serialize};

/// The screens of one or more nations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Programme {
    pub(super) head: Head,
    pub(super) nations: Vec<Nation>,
    pub(super) screens: Vec<Screen>,
}

/// One screen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Screen {
    pub(super) kind: ScreenKind,
    pub(super) title: String,
    /// Ages count from 40 weeks of gestation.
    pub(super) corrected: bool,
    pub(super) due: Span,
    /// The last day that meets the standard.
    pub(super) by: Option<Span>,
    /// The first day on which it is offered no more.
    pub(super) before: Option<Span>,
    pub(super) transfusion: Option<Transfusion>,
    pub(super) moved_in: Option<MovedIn>,
    /// The last day that meets the standard where the screen is done in the community.
    pub(super) community_by: Option<Span>,
    pub(super) items: Vec<Item>,
    pub(super) follow_ups: Vec<FollowUp>,
}

/// How a transfusion moves the sample.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Transfusion {
    /// From the transfusion to the first day on which a sample counts.
    pub(super) wait: Span,
    /// The age beyond which the routine sample is not held back.
    pub(super) latest: Span,
}

/// The standard for a child who moved in, counted from the day on which child health was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct MovedIn {
    pub(super) by: Span,
    pub(super) standard: String,
    /// Items of this group are all done again if one of them has no outcome.
    pub(super) rerun_group: String,
}

/// One condition or element of a screen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) condition: Option<String>,
    pub(super) title: String,
    /// The SNOMED CT code of the test.
    pub(super) snomed: Option<String>,
    pub(super) group: Option<String>,
    /// Due at another age than the screen.
    pub(super) due: Option<Span>,
    pub(super) by: Option<Span>,
    /// Its own standard or the screen's, marked where unconfirmed.
    pub(super) standard: String,
    /// The last day on which it is offered.
    pub(super) latest: Option<Span>,
    /// For children for whom it falls due on or after this day.
    #[serde(with = "some_day")]
    pub(super) due_from: Option<Date>,
    /// Only for children for whom an offer or outcome is recorded.
    pub(super) where_offered: bool,
    /// Only for children born before so many weeks of gestation.
    pub(super) gestation_before: Option<u8>,
    /// Outcomes of this condition count from the day on which the item is due.
    pub(super) again: Option<String>,
    /// Not for children of this sex.
    pub(super) not_for_sex: Option<Sex>,
}

/// What follows an outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FollowUp {
    pub(super) condition: String,
    pub(super) title: String,
    /// Counted from birth (corrected where the screen is); on the day of the outcome when absent.
    pub(super) due_at_age: Option<Span>,
    /// Counted from the outcome.
    pub(super) by: Option<Span>,
    /// Counted from birth, instead of `by`.
    pub(super) by_age: Option<Span>,
    pub(super) standard: String,
}

impl Programme {
    /// Reads a file of screens. No nation may be among `taken`, those of other files.
    ///
    /// # Errors
    /// Every fault of the file.
    pub(super) fn parse(text: &str, taken: &[Nation]) -> Result<Programme, Vec<Fault>> {
        read_file(text, "the screens", |root| {
            let head = Head::read(root);
            let nations = root.nations();
            root.needed("nations", Some(()));
            if let Some(nation) = nations.iter().find(|nation| taken.contains(nation)) {
                let found = format!("another file holds the screens of {}", nation.as_str());
                root.file.fault(0, found, "leave one of them out, or take the nation from its list");
            }
            let screens = root.each("screen", |index| format!("screen {}", index + 1), |table| screen(table, &head));
            Some(Programme { head, nations, screens: screens.into_iter().collect::<Option<_>>()? })
        })
    }
}

impl Screen {
    /// Whether it has a condition, element or follow-up of this name.
    pub(super) fn has(&self, condition: &str) -> bool {
        self.items.iter().any(|item| item.condition.as_deref() == Some(condition))
            || self.follow_ups.iter().any(|follow_up| follow_up.condition == condition)
    }
}

fn screen(table: &Table<'_, '_>, head: &Head) -> Option<Screen> {
    head.needed_by(table);
    let standard = table.needed_text("standard");
    let unconfirmed = table.flag("unconfirmed");
    let named = |kind: &'static str| move |index: usize| format!("{kind} {} of {}", index + 1, table.what);
    table.needed("item", Some(()));
    let kind = table.needed("kind", table.word("kind", ScreenKind::WORDS, ScreenKind::parse));
    let screen = Screen {
        title: table.needed_text("title"),
        corrected: table.flag("corrected"),
        due: table.needed_span("due"),
        by: table.some_span("by"),
        before: table.some_span("before"),
        transfusion: table.one("transfusion", |rule| Transfusion {
            wait: rule.needed_span("wait"),
            latest: rule.needed_span("latest"),
        }),
        moved_in: table.one("moved_in", |rule| MovedIn {
            by: rule.needed_span("by"),
            standard: marked(rule.needed_text("standard"), rule.flag("unconfirmed")),
            rerun_group: rule.needed_text("rerun_group"),
        }),
        community_by: table.one("community", |rule| rule.needed_span("by")),
        items: table.each("item", named("item"), |table| item(table, head, &standard, unconfirmed)),
        follow_ups: table.each("follow_up", named("follow_up"), |rule| FollowUp {
            condition: rule.needed_text("condition"),
            title: rule.needed_text("title"),
            due_at_age: rule.some_span("due_at_age"),
            by: rule.some_span("by"),
            by_age: rule.some_span("by_age"),
            standard: marked(rule.needed_text("standard"), rule.flag("unconfirmed")),
        }),
        // Last, so that a fault here does not hide the others.
        kind: kind?,
    };
    Some(screen)
}

/// One item. The standard and the mark are those of its screen where it has none of its own.
fn item(table: &Table<'_, '_>, head: &Head, standard: &str, unconfirmed: bool) -> Item {
    head.cited_by(table);
    let standard = table.some_text("standard").unwrap_or_else(|| standard.to_owned());
    Item {
        condition: table.some_text("condition"),
        title: table.needed_text("title"),
        snomed: table.some_text("snomed"),
        group: table.some_text("group"),
        due: table.some_span("due"),
        by: table.some_span("by"),
        standard: marked(standard, table.flag("unconfirmed") || unconfirmed),
        latest: table.some_span("latest"),
        due_from: table.some_date("due_from"),
        where_offered: table.flag("where_offered"),
        gestation_before: table.number("gestation_before", 20..=45).map(|weeks| weeks.value as u8),
        again: table.some_text("again"),
        not_for_sex: table.word("not_for_sex", "female or male", Sex::parse),
    }
}
