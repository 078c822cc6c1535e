//! Judges every given dose by the rules in force for that child.
//!
//! Doses are taken in the order of their dates, and each is judged by what came before it only. So a
//! later dose never changes the verdict on an earlier one.

use super::answer::DoseVerdict;
use super::child::{Child, Given};
use super::cohort::{Cohort, Day, SeasonOn, after};
use super::finding as code;
use super::history::{History, Progress};
use super::programme::model::{AgeIndex, Dose, Series};
use super::status::{Reason, Verdict};
use super::vocabulary::{AntigenSet, ProductId, SeriesId, SeriesSet};
use crate::date::Date;
use crate::error::{Code, Finding};
use crate::order;

/// A dose as the rules see it.
#[derive(Clone, Copy)]
pub(super) struct GivenDose {
    /// The first and last day that its date can mean.
    pub(super) first: Day,
    pub(super) last: Day,
    pub(super) antigens: AntigenSet,
    /// The age from which the product is the right one.
    pub(super) product_from_age: Option<AgeIndex>,
}

/// What a dose counts for in one series.
#[derive(Clone, Copy)]
pub(super) struct Judgement {
    pub(super) reason: Reason,
    /// The place of the dose of the series that it fills or was meant to fill.
    place: u8,
    /// Its number, from 1.
    number: u8,
    /// It counted only by the tolerance.
    tolerated: bool,
    /// Too early by so few days that a reader should look.
    nearly: bool,
    /// Turned down for an age that no source confirms.
    unconfirmed: bool,
}

/// A dose of the child, dated and ready to be judged.
#[derive(Clone, Copy)]
struct Entry {
    index: u32,
    product: Option<ProductId>,
    dose: GivenDose,
}

/// Verdicts on every dose of the child in the order of its doses, and the history that remains.
pub(super) fn evaluate(
    cohort: &Cohort<'_>,
    child: &Child<'_>,
    as_at: Date,
    verdicts: &mut Vec<DoseVerdict>,
    findings: &mut Vec<Finding>,
) -> History {
    let mut history = History::EMPTY;
    let mut entries = Vec::with_capacity(child.doses.len());
    for (index, dose) in child.doses.iter().enumerate() {
        let index = index as u32;
        match dated(cohort, dose, as_at) {
            Ok((first, last)) => {
                if first != last {
                    findings.push(Finding::new(&code::DOSE_DATE_PARTIAL, "doses").at(index));
                }
                if is_doubtful(cohort, dose.given) {
                    findings.push(Finding::new(&code::UNCONFIRMED, "doses").at(index));
                }
                let (antigens, product) = match dose.given {
                    Given::Product(id) => (cohort.programme.products[id.index()].antigens, Some(id)),
                    Given::Antigens(antigens) => (counting(cohort, antigens, last), None),
                    Given::Unknown => {
                        verdicts.push(verdict(index, None, Reason::UnknownProduct));
                        continue;
                    }
                };
                let product_from_age = product.and_then(|id| cohort.programme.products[id.index()].from_age);
                let dose = GivenDose { first, last, antigens, product_from_age };
                entries.push(Entry { index, product, dose });
            }
            Err((reason, code)) => {
                findings.push(Finding::new(code, "doses").at(index));
                verdicts.push(verdict(index, first_own(cohort, dose.given), reason));
            }
        }
    }
    // The order does not depend on the order of the input, but for entries that are alike in all.
    let key = |entry: &Entry| (entry.dose.last, entry.dose.first, entry.dose.antigens.0, entry.product, entry.index);
    order::sort_by(&mut entries, |a, b| key(a).cmp(&key(b)));
    for (place, entry) in entries.iter().enumerate() {
        if let Some(earlier) = recorded_before(&entries[..place], entry) {
            findings.push(Finding::new(&code::DOSE_RECORDED_TWICE, "doses").at(entry.index));
            for at in 0..verdicts.len() {
                if verdicts[at].given == earlier.index {
                    verdicts.push(verdict(entry.index, verdicts[at].series, Reason::RecordedTwice));
                }
            }
            continue;
        }
        judge_entry(cohort, &mut history, &entries, place, verdicts, findings);
        history.note(cohort, entry.dose.antigens, entry.dose.first, entry.dose.last);
    }
    order::sort_by_word(verdicts, |verdict| {
        u64::from(verdict.given) << 8 | verdict.series.map_or(0, |series| u64::from(series.0) + 1)
    });
    history
}

const fn verdict(given: u32, series: Option<SeriesId>, reason: Reason) -> DoseVerdict {
    DoseVerdict { given, series, dose: None, reason }
}

/// The days that the date of a dose can mean between birth and the day of evaluation.
fn dated(
    cohort: &Cohort<'_>,
    dose: &super::child::Dose<'_>,
    as_at: Date,
) -> Result<(Day, Day), (Reason, &'static Code)> {
    let date = dose.date.ok_or((Reason::DateUnreadable, &code::DOSE_DATE_UNREADABLE))?;
    let (first, last) = (date.earliest().days_since_1970(), date.latest().days_since_1970());
    if last < cohort.born.0 {
        return Err((Reason::BeforeBirth, &code::DOSE_BEFORE_BIRTH));
    }
    if as_at.days_since_1970() < first {
        return Err((Reason::FutureDate, &code::DOSE_IN_FUTURE));
    }
    Ok((first.max(cohort.born.0), last.min(as_at.days_since_1970())))
}

/// The antigens with what they count as on a day.
fn counting(cohort: &Cohort<'_>, antigens: AntigenSet, day: Day) -> AntigenSet {
    let rules = cohort.programme.counts_as.iter();
    rules
        .filter(|rule| antigens.contains_all(rule.antigen) && day <= rule.to)
        .fold(antigens, |all, rule| all.union(rule.counts_as))
}

/// Whether what a dose counts as rests on an unconfirmed rule, as with oral polio vaccine from abroad.
fn is_doubtful(cohort: &Cohort<'_>, given: Given) -> bool {
    let Given::Antigens(antigens) = given else { return false };
    cohort.programme.counts_as.iter().any(|rule| rule.unconfirmed && antigens.contains_all(rule.antigen))
}

fn first_own(cohort: &Cohort<'_>, given: Given) -> Option<SeriesId> {
    match given {
        Given::Product(id) => cohort.programme.products[id.index()].own.iter().next(),
        Given::Antigens(antigens) => cohort.programme.series_served(antigens).iter().next(),
        Given::Unknown => None,
    }
}

/// The entry that this one repeats: alike on the same day, or the same product a day apart.
fn recorded_before<'e>(earlier: &'e [Entry], entry: &Entry) -> Option<&'e Entry> {
    let exact = |entry: &Entry| entry.dose.first == entry.dose.last;
    let mut near = earlier.iter().rev().take_while(|other| entry.dose.last - other.dose.last <= 1);
    near.find(|other| {
        let alike = exact(entry) && exact(other) && other.dose.antigens == entry.dose.antigens;
        alike && (other.dose.last == entry.dose.last || other.product == entry.product)
    })
}

/// The antigens given without a product on the same day: a course given abroad as single vaccines.
fn same_day_antigens(entries: &[Entry], entry: &Entry) -> AntigenSet {
    let parts = entries.iter().filter(|other| other.product.is_none() && same_day(other, entry));
    parts.fold(entry.dose.antigens, |all, other| all.union(other.dose.antigens))
}

fn same_day(one: &Entry, other: &Entry) -> bool {
    (one.dose.first, one.dose.last) == (other.dose.first, other.dose.last)
}

/// Judges one dose in every series that it can serve. Series of which the dose is none by nature (a
/// 6-in-1 as a Hib booster) get a verdict only when it counts there.
fn judge_entry(
    cohort: &Cohort<'_>,
    history: &mut History,
    entries: &[Entry],
    place: usize,
    verdicts: &mut Vec<DoseVerdict>,
    findings: &mut Vec<Finding>,
) {
    let programme = cohort.programme;
    let entry = &entries[place];
    let (own, serves, antigens) = match entry.product {
        Some(id) => (programme.products[id.index()].own, programme.serves[id.index()], entry.dose.antigens),
        None => {
            let antigens = same_day_antigens(entries, entry);
            (SeriesSet::default(), programme.series_served(antigens), antigens)
        }
    };
    let before = verdicts.len();
    let mut counted_in = SeriesSet::default();
    let mut otherwise: Option<(DoseVerdict, Judgement)> = None;
    for id in serves.union(own).iter() {
        let series = &programme.series[id.index()];
        if !entry.dose.antigens.meets(series.needs) || series.apart_from.meets(counted_in) {
            continue;
        }
        let alone = entry.dose.antigens.contains_all(series.needs);
        if !alone && let Some(part) = other_part(verdicts, &entries[..place], entry, id) {
            verdicts.push(DoseVerdict { given: entry.index, ..part });
            continue;
        }
        let dose = GivenDose { antigens, ..entry.dose };
        let judgement = judge(cohort, history, id, &dose);
        let reason = match judgement.reason {
            Reason::Counts if !alone => Reason::CountsWithSameDay,
            reason if reason.verdict() == Verdict::Invalid && dose.first != dose.last => Reason::DateIncomplete,
            reason => reason,
        };
        let number = (reason.verdict() != Verdict::Extra).then_some(judgement.number);
        let judged = DoseVerdict { given: entry.index, series: Some(id), dose: number, reason };
        let valid = reason.verdict() == Verdict::Valid;
        if valid {
            count(cohort, history, id, &dose, judgement);
            counted_in.insert(id);
        }
        if valid || own.contains(id) {
            point_out(judged, judgement, findings);
            verdicts.push(judged);
        } else if otherwise.is_none_or(|(known, _)| known.reason.verdict() == Verdict::Invalid && number.is_none()) {
            otherwise = Some((judged, judgement));
        }
    }
    if verdicts.len() == before {
        if let Some((judged, judgement)) = otherwise {
            point_out(judged, judgement, findings);
            verdicts.push(judged);
        } else {
            verdicts.push(serves_nothing(cohort, entry));
        }
    }
}

/// Tells the reader where a verdict rests on doubtful ground.
fn point_out(judged: DoseVerdict, judgement: Judgement, findings: &mut Vec<Finding>) {
    if judged.reason == Reason::CountsUnconfirmed || judgement.unconfirmed {
        findings.push(Finding::new(&code::UNCONFIRMED, "doses").at(judged.given));
    }
    if judgement.nearly {
        findings.push(Finding::new(&code::DOSE_NEARLY_IN_TIME, "doses").at(judged.given));
    }
}

/// The verdict in a series on another part of the same day's course, which all its parts share.
fn other_part(verdicts: &[DoseVerdict], earlier: &[Entry], entry: &Entry, id: SeriesId) -> Option<DoseVerdict> {
    let mut parts =
        earlier.iter().rev().take_while(|other| same_day(other, entry)).filter(|part| part.product.is_none());
    parts.find_map(|part| {
        verdicts.iter().find(|verdict| verdict.given == part.index && verdict.series == Some(id)).copied()
    })
}

/// The verdict on a dose that lacks something for every series, or has nothing for any.
fn serves_nothing(cohort: &Cohort<'_>, entry: &Entry) -> DoseVerdict {
    let mut partly = cohort.programme.vocabulary.all_series();
    match partly.find(|id| cohort.programme.series[id.index()].needs.meets(entry.dose.antigens)) {
        Some(id) => verdict(entry.index, Some(id), Reason::AntigensMissing),
        None => verdict(entry.index, None, Reason::OutsideProgramme),
    }
}

/// Notes a valid dose in the history.
pub(super) fn count(cohort: &Cohort<'_>, history: &mut History, id: SeriesId, dose: &GivenDose, judgement: Judgement) {
    let season = season_holding(&cohort.programme.series[id.index()], dose.last);
    history.count(id, season, judgement.place, judgement.tolerated);
}

fn season_holding(series: &Series, day: Day) -> Option<SeasonOn> {
    series.season.map(|season| SeasonOn::holding(season, day))
}

/// What a dose counts for in one series, given the history before it.
pub(super) fn judge(cohort: &Cohort<'_>, history: &History, id: SeriesId, given: &GivenDose) -> Judgement {
    let series = &cohort.programme.series[id.index()];
    let season = season_holding(series, given.last);
    let progress = history.progress(id, season);
    let answer = |reason, place| Judgement {
        reason,
        place,
        number: progress.counted.saturating_add(1),
        tolerated: false,
        nearly: false,
        unconfirmed: false,
    };
    let entitled = |season: Option<SeasonOn>| {
        let year = season.map(|on| on.year);
        series.entitled.iter().any(|entitled| {
            cohort.is_entitled(entitled, year)
                && entitled.from_age.is_none_or(|age| cohort.reached(age) <= given.first)
                && entitled.before_age.is_none_or(|age| given.last < cohort.maybe_reached(age))
        })
    };
    if !series.entitled.is_empty() && !entitled(season) {
        return answer(Reason::OutsideProgramme, 0);
    }
    let mut too_old = None;
    for place in progress.next..series.doses.len() as u8 {
        let dose = &series.doses[usize::from(place)];
        if cohort.doses[id.index()] >> place & 1 == 0
            || dose.offered.to < given.first
            || dose.first_season_only && progress.earlier_season
            || !history.is(&dose.when)
        {
            continue;
        }
        if dose.before_age.is_some_and(|age| cohort.maybe_reached(age) <= given.last) {
            too_old = Some(place);
            if dose.ends_series {
                break;
            }
            continue;
        }
        return judge_place(cohort, history, series, &progress, dose, given, answer(Reason::Counts, place));
    }
    match too_old {
        Some(place) => answer(Reason::TooOld, place),
        None if progress.counted > 0 => answer(Reason::CourseComplete, 0),
        None => answer(Reason::OutsideProgramme, 0),
    }
}

/// Whether a dose may fill this place of the series.
fn judge_place(
    cohort: &Cohort<'_>,
    history: &History,
    series: &Series,
    progress: &Progress,
    dose: &Dose,
    given: &GivenDose,
    counts: Judgement,
) -> Judgement {
    let because = |reason| Judgement { reason, ..counts };
    if given.antigens.meets(dose.not_with) || !given.antigens.contains_all(dose.also_needs) {
        return because(Reason::AntigensMissing);
    }
    if given.product_from_age.is_some_and(|age| given.first < cohort.reached(age)) {
        return because(Reason::WrongProductForAge);
    }
    if dose.requires.is_some_and(|(course, doses)| history.counted(course) < doses) {
        return because(Reason::CourseNotReady);
    }
    let last = history.last_given(series.gap_after);
    let old_enough = cohort.reached(dose.from_age);
    let far_enough = after(last, dose.gap);
    let short_of = old_enough.max(far_enough) - given.first;
    if short_of > 0 {
        let too_young = given.first < old_enough;
        let reason = if too_young { Reason::TooYoung } else { Reason::IntervalTooShort };
        let refused = Judgement { unconfirmed: too_young && dose.from_age_unconfirmed, ..because(reason) };
        return match series.tolerance {
            Some(rule) if short_of <= rule.days && rule.applies && !progress.tolerated => {
                Judgement { reason: Reason::CountsUnconfirmed, tolerated: true, ..counts }
            }
            Some(rule) => Judgement { nearly: short_of <= rule.days, ..refused },
            None => refused,
        };
    }
    if given.first < history.live_gap_ends(cohort, series, given.first) {
        return because(Reason::LiveVaccineInterval);
    }
    let doubtful = dose.doubtful.is_some_and(|(before_age, gap)| {
        given.last < cohort.maybe_reached(before_age) && given.first < after(last, gap)
    });
    because(if doubtful { Reason::CountsUnconfirmed } else { Reason::Counts })
}
