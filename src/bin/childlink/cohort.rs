//! The children of a cohort: records by child, and what was given and done by record.

use crate::input::Format;
use crate::linked::{Keyed, column, find, spelled};
use crate::output::cannot_read;
use crate::render::columns_guarded;
use crate::run_record::whole;
use crate::standard::open;
use childlink::Error;
use childlink::date::{Date, PartialDate};
use childlink::error::Code;
use childlink::exchange::care_events::{self, Event, Events};
use childlink::exchange::{arrow, parquet};
use childlink::identity::column::Column;
use childlink::identity::person::Person;
use childlink::identity::raw::RawFields;
use childlink::linkage::frame::NULL_ID;
use childlink::linkage::table::Built;
use childlink::schedule::due_list::{ListedChild, MemberRecord};
use childlink::schedule::finding::{PRODUCT_UNKNOWN, RISK_GROUP_UNKNOWN, SCREEN_UNKNOWN};
use childlink::schedule::{
    Child, Dose, Given, Nation, ProductText, Review, RiskSet, Screen, ScreenKind, VitaminK, Vocabulary,
};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Records grouped into children, with the events of each record.
pub(crate) struct Cohort<'r> {
    built: &'r Built,
    /// Records, those of one child together; children in the order of their least record.
    members: Vec<u32>,
    /// Where the records of each child begin in `members`, and the end.
    starts: Vec<u32>,
    /// The opaque id of each child, where a linkage gave one.
    child_ids: Option<Vec<Box<str>>>,
    events: EventStore,
    /// What could not be used.
    pub(crate) losses: Losses,
}

/// What could not be used, counted and named by row.
#[derive(Default)]
pub(crate) struct Losses {
    /// Records that the linkage does not know: each a child of its own.
    pub(crate) unlinked: u64,
    /// Rows of event files read, with those set aside.
    pub(crate) event_rows: u64,
    /// Rows of event files that were set aside: the file, the row, why.
    pub(crate) aside: Vec<(PathBuf, u64, &'static Code)>,
    /// Rows that say that a dose was not given.
    pub(crate) not_given: u64,
}

/// What was given and done, each list in the order of records once [`EventStore::sort`] has run.
#[derive(Default)]
struct EventStore {
    doses: Vec<(u32, PartialDate, Given)>,
    screens: Vec<(u32, Screen<'static>)>,
    reviews: Vec<(u32, Review<'static>)>,
    vitamin_k: Vec<(u32, VitaminK<'static>)>,
    risks: Vec<(u32, RiskSet)>,
}

/// The records of one child, parsed.
pub(crate) struct Members<'r> {
    people: Vec<(u32, Person)>,
    built: &'r Built,
    child_id: Option<&'r str>,
}

impl<'r> Cohort<'r> {
    /// Each record a child of its own, or the children that a linkage left in a folder.
    ///
    /// # Errors
    /// Those of reading the folder.
    pub(crate) fn new(built: &'r Built, links: Option<&Path>) -> Result<Cohort<'r>, Error> {
        let records = built.table.len() as u32;
        let mut cohort = Cohort {
            built,
            members: (0..records).collect(),
            starts: (0..=records).collect(),
            child_ids: None,
            events: EventStore::default(),
            losses: Losses::default(),
        };
        if let Some(folder) = links {
            whole(folder)?;
            cohort.take_links(&find(folder, "children")?)?;
        }
        Ok(cohort)
    }

    fn take_links(&mut self, path: &Path) -> Result<(), Error> {
        let children = Keyed::read(path)?;
        let child = column(&children.frame, path, &["child_id"])?;
        let mut child_of = vec![NULL_ID; self.members.len()];
        for row in 0..children.frame.rows() {
            let (source, record_id) = children.key(row);
            if let Some(record) = self.built.table.find(&source, &record_id) {
                child_of[record as usize] = child.ids()[row];
            }
        }
        // A record that is not linked stands alone.
        let mut least = vec![u32::MAX; child.values().len()];
        for (record, &child) in (0..).zip(&child_of) {
            least[child as usize] = least[child as usize].min(record);
        }
        let first_of = |record: u32| match child_of[record as usize] {
            NULL_ID => record,
            child => least[child as usize],
        };
        self.losses.unlinked = child_of.iter().filter(|&&child| child == NULL_ID).count() as u64;
        self.members.sort_unstable_by_key(|&record| (first_of(record), record));
        self.starts.clear();
        let mut ids = Vec::new();
        for (place, &record) in (0..).zip(&self.members) {
            if first_of(record) == record {
                self.starts.push(place);
                ids.push(spelled(&child.values()[child_of[record as usize] as usize]).into());
            }
        }
        self.starts.push(self.members.len() as u32);
        self.child_ids = Some(ids);
        Ok(())
    }

    /// Adds a file of events.
    ///
    /// # Errors
    /// `input/cannot-read` and those of the readers of [`care_events`], with the file's name.
    pub(crate) fn read_events(&mut self, path: &Path, events: Events, vocabulary: &Vocabulary) -> Result<(), Error> {
        let table = &self.built.table;
        let only_source = table.sources().first().filter(|_| table.sources().len() == 1);
        let (store, losses) = (&mut self.events, &mut self.losses);
        // Rows of one child mostly stand together.
        let mut last: (String, String, Option<u32>) = Default::default();
        let sink = |source: &str, record_id: &str, event: Event<'_>| {
            let source = if source.is_empty() { only_source.map_or("", String::as_str) } else { source };
            if (last.0.as_str(), last.1.as_str()) != (source, record_id) {
                last = (source.to_owned(), record_id.to_owned(), table.find(source, record_id));
            }
            let record = last.2.ok_or(&care_events::UNKNOWN_RECORD)?;
            losses.not_given += u64::from(matches!(event, Event::Dose { given: false, .. }));
            store.add(record, event, vocabulary)
        };
        let mut file = open(path)?;
        let beginning = file.fill_buf().map_err(|e| cannot_read(path, &e))?;
        let report = match Format::told_by(beginning) {
            // Parquet is read from its end, Arrow from its beginning twice.
            Format::Parquet => {
                let file = File::open(path).map_err(|e| cannot_read(path, &e))?;
                columns_guarded(parquet::damaged, || care_events::parquet::read(file, events, sink))
            }
            Format::Arrow => {
                let file = File::open(path).map_err(|e| cannot_read(path, &e))?;
                columns_guarded(arrow::damaged, || care_events::parquet::read_arrow(file, events, sink))
            }
            Format::Ndjson => care_events::ndjson::read(file, events, sink),
            Format::Delimited => care_events::delimited::read(file, events, sink),
        }
        .map_err(|mut error| {
            error.message = format!("{}: {}", path.display(), error.message);
            error
        })?;
        losses.event_rows += report.rows;
        losses.aside.extend(report.aside.into_iter().map(|(row, reason)| (path.to_owned(), row, reason)));
        self.events.sort();
        Ok(())
    }

    /// How many children there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The child that a record belongs to.
    pub(crate) fn child_of(&self, source: &str, record_id: &str) -> Option<usize> {
        let record = self.built.table.find(source, record_id)?;
        let place = self.members.iter().position(|&member| member == record)? as u32;
        Some(self.starts.partition_point(|&start| start <= place) - 1)
    }

    fn records(&self, child: usize) -> &[u32] {
        &self.members[self.starts[child] as usize..self.starts[child + 1] as usize]
    }

    /// Parses the records of a child.
    pub(crate) fn members(&self, child: usize, as_at: Date) -> Members<'_> {
        let table = &self.built.table;
        let parse = |&record: &u32| {
            let mut raw = RawFields::new();
            Column::ALL.into_iter().for_each(|column| raw.set(column, table.raw(record, column)));
            let source = usize::from(table.source_index()[record as usize]);
            (record, Person::parse(&raw, self.built.quality[source].date_order, Some(as_at)).0)
        };
        let child_id = self.child_ids.as_ref().map(|ids| &*ids[child]).filter(|id| !id.is_empty());
        Members { people: self.records(child).iter().map(parse).collect(), built: self.built, child_id }
    }

    /// The child as the schedule sees it, with the events of all its records.
    pub(crate) fn scheduled(&self, child: usize, listed: &ListedChild<'_>, nation: Nation) -> Child<'static> {
        let mut scheduled = listed.to_schedule(nation);
        for &record in self.records(child) {
            self.events.give(record, &mut scheduled);
        }
        scheduled
    }
}

impl Members<'_> {
    /// The records taken as one child.
    pub(crate) fn listed(&self) -> ListedChild<'_> {
        let table = &self.built.table;
        let records: Vec<MemberRecord<'_>> = self
            .people
            .iter()
            .map(|(record, person)| MemberRecord {
                source: table.source(*record),
                record_id: table.record_id(*record),
                updated_at: table.raw(*record, Column::UpdatedAt),
                states_practice: !table.raw(*record, Column::GpPractice).is_empty(),
                person,
            })
            .collect();
        ListedChild::merge(self.child_id, &records)
    }
}

impl EventStore {
    fn add(&mut self, record: u32, event: Event<'_>, vocabulary: &Vocabulary) -> Result<(), &'static Code> {
        match event {
            Event::Dose { given: false, .. } => {}
            Event::Dose { date, product, snomed, .. } => {
                let product = vocabulary.product(product).or_else(|| vocabulary.product_by_snomed(snomed));
                // A dose that nobody can name would count for nothing: the child would be called without a word of it.
                self.doses.push((record, date, Given::Product(product.ok_or(&PRODUCT_UNKNOWN)?)));
            }
            Event::Screen { date, kind, condition, outcome } => {
                let kind = ScreenKind::parse(kind).ok_or(&SCREEN_UNKNOWN)?;
                let (condition, outcome) = (condition.to_owned().into(), outcome.to_owned().into());
                self.screens.push((record, Screen { date: Some(date), kind, condition, outcome }));
            }
            Event::Review { date, kind } => {
                self.reviews.push((record, Review { date: Some(date), kind: kind.to_owned().into() }));
            }
            Event::VitaminK { date, route } => {
                self.vitamin_k.push((record, VitaminK { date: Some(date), route: route.to_owned().into() }));
            }
            Event::RiskGroup(name) => {
                self.risks.push((record, vocabulary.risk_group(name).ok_or(&RISK_GROUP_UNKNOWN)?));
            }
        }
        Ok(())
    }

    fn sort(&mut self) {
        // Stable: events of one record keep the order of their rows.
        self.doses.sort_by_key(|event| event.0);
        self.screens.sort_by_key(|event| event.0);
        self.reviews.sort_by_key(|event| event.0);
        self.vitamin_k.sort_by_key(|event| event.0);
        self.risks.sort_by_key(|event| event.0);
    }

    /// Gives a child the events of one of its records.
    fn give(&self, record: u32, child: &mut Child<'_>) {
        let doses = of_record(&self.doses, record, |event| event.0);
        child.doses.extend(doses.iter().map(|&(_, date, given)| Dose {
            date: Some(date),
            given,
            date_text: "".into(),
            product_text: ProductText::Absent,
        }));
        let screens = of_record(&self.screens, record, |event| event.0);
        child.screens.extend(screens.iter().map(|(_, screen)| screen.clone()));
        let reviews = of_record(&self.reviews, record, |event| event.0);
        child.reviews.extend(reviews.iter().map(|(_, review)| review.clone()));
        let vitamin_k = of_record(&self.vitamin_k, record, |event| event.0);
        child.vitamin_k.extend(vitamin_k.iter().map(|(_, dose)| dose.clone()));
        for (_, risks) in of_record(&self.risks, record, |event| event.0) {
            child.risks = child.risks.union(*risks);
        }
    }
}

/// The events of a record in a list that is in the order of records.
fn of_record<T>(events: &[T], record: u32, key: impl Fn(&T) -> u32) -> &[T] {
    let first = events.partition_point(|event| key(event) < record);
    let count = events[first..].iter().take_while(|event| key(event) == record).count();
    &events[first..first + count]
}
