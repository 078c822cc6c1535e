//! From scores and guards to decisions on pairs.

use super::comparison::{RecordIndex, word_of};
use super::decisions::Verdict;
use super::guards::{self, Facts, Guard, Guards, NameEvidence};
use super::link::{Candidates, DecidedPair, Decision, LinkOptions, RestrictedPair};
use super::model::{Model, Thresholds};
use super::parallel;
use super::predicate::{NameCounts, Pair};
use super::score::PairScore;
use super::table::Table;
use hashbrown::{HashMap, HashSet};

/// A pair whose weight reaches the review threshold.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) left: RecordIndex,
    pub(super) right: RecordIndex,
    pub(super) score: PairScore,
    pub(super) facts: Facts,
}

/// Decisions before clusters are formed. All lists are in order of the records.
pub(super) struct Verdicts {
    pub(super) pairs: Vec<DecidedPair>,
    pub(super) restricted: Vec<RestrictedPair>,
    /// Pairs that must not meet in one child.
    pub(super) apart: Vec<(RecordIndex, RecordIndex)>,
}

/// A candidate with what the guards know of it.
#[derive(Clone)]
struct Judged {
    candidate: Candidate,
    guards: Guards,
}

/// `weigh` tells the weights of pairs that are no candidates but were decided by people.
pub(super) fn decide<E>(
    table: &Table,
    model: &Model,
    candidates: Candidates,
    options: &LinkOptions,
    weigh: impl FnOnce(&[(RecordIndex, RecordIndex)]) -> Result<Vec<f64>, E>,
) -> Result<Verdicts, E> {
    let Candidates { pairs, household } = candidates;
    // Two records that are children of one household, or of one birth by their numbers: each has another child in
    // reach.
    let of_one_birth = pairs.iter().filter(|pair| pair.facts.are_of_one_birth()).map(|pair| (pair.left, pair.right));
    let multiple: HashSet<RecordIndex> =
        household.iter().copied().chain(of_one_birth).flat_map(|(left, right)| [left, right]).collect();
    let judge = |place: usize| {
        let candidate: Candidate = pairs[place];
        let near = multiple.contains(&candidate.left) || multiple.contains(&candidate.right);
        let guards = guards::judge(&candidate.facts, &candidate.score, near, model.thresholds.link_against_household);
        Judged { candidate, guards }
    };
    let mut judged: Vec<Judged> = parallel::map_each(pairs.len(), judge);
    let mut apart = household;
    apart
        .extend(judged.iter().filter(|pair| is_distinct(pair)).map(|pair| (pair.candidate.left, pair.candidate.right)));
    let recur = TwoSources::of(table, &judged, model.thresholds.link);
    for pair in judged.iter_mut().filter(|pair| recur.have(&pair.candidate)) {
        pair.guards = pair.guards.with(Guard::MultipleBirth);
        apart.push((pair.candidate.left, pair.candidate.right));
    }
    parallel::sort_by_word(&mut apart, |&(left, right)| word_of(left, right));
    judged.retain(|pair| !is_distinct(pair) && !are_siblings(&pair.candidate.facts));
    let rivalry = Rivalry { table, apart: &apart, thresholds: model.thresholds };
    rivalry.raise_runner_up(&mut judged);
    let partners = rivalry.clear_partners(&judged);
    rivalry.drop_outdone(&mut judged, &partners);
    lift_explained_names(table, &mut judged, &partners);

    let mut verdicts = Verdicts { pairs: Vec::new(), restricted: Vec::new(), apart: Vec::new() };
    let mut decided: HashMap<(RecordIndex, RecordIndex), Verdict> = options.decisions.iter().collect();
    for Judged { candidate: Candidate { left, right, score, .. }, guards } in judged {
        let verdict = decided.remove(&(left, right));
        if options.barred.bars(table, left, right) {
            continue;
        }
        let (decision, guards) = match verdict {
            Some(Verdict::Different) => {
                apart.push((left, right));
                continue;
            }
            Some(Verdict::Same) => (Decision::Link, guards.with(Guard::Decided)),
            Some(Verdict::Unsure) => (Decision::Review, guards.with(Guard::ReadersDisagree)),
            None if guards.has(Guard::PossibleIdentityChange) => {
                verdicts.restricted.push(RestrictedPair { left, right, guards });
                apart.push((left, right));
                continue;
            }
            None if guards.is_empty() && score.weight >= model.thresholds.link => (Decision::Link, guards),
            None => (Decision::Review, guards),
        };
        verdicts.pairs.push(DecidedPair { left, right, weight: score.weight, decision, guards });
    }
    // Decided pairs that no blocking rule brought together, or of which nothing was left to decide.
    let mut others: Vec<((RecordIndex, RecordIndex), Verdict)> =
        decided.into_iter().filter(|&((left, right), _)| !options.barred.bars(table, left, right)).collect();
    others.retain(|&(pair, verdict)| {
        let is_apart = verdict == Verdict::Different;
        if is_apart {
            apart.push(pair);
        }
        !is_apart
    });
    parallel::sort_by_word(&mut others, |&((left, right), _)| word_of(left, right));
    let pairs: Vec<(RecordIndex, RecordIndex)> = others.iter().map(|&(pair, _)| pair).collect();
    let weights = if pairs.is_empty() { Vec::new() } else { weigh(&pairs)? };
    for (((left, right), verdict), weight) in others.into_iter().zip(weights) {
        let (decision, guards) = match verdict {
            Verdict::Same => (Decision::Link, Guards::NONE.with(Guard::Decided)),
            _ => (Decision::Review, Guards::NONE.with(Guard::ReadersDisagree)),
        };
        verdicts.pairs.push(DecidedPair { left, right, weight, decision, guards });
    }
    parallel::sort_by_word(&mut verdicts.pairs, |pair| word_of(pair.left, pair.right));
    parallel::sort_by_word(&mut apart, |&(left, right)| word_of(left, right));
    apart.dedup();
    verdicts.apart = apart;
    Ok(verdicts)
}

/// Both numbers verified and different, or different numbers on names that are not alike: two children.
/// So are birth dates that no slip explains without a shared number, however alike the names: names of a
/// community recur, and so do those of its mothers.
fn is_distinct(pair: &Judged) -> bool {
    let facts = &pair.candidate.facts;
    let by_number = facts.numbers_differ && (facts.both_verified || facts.names == NameEvidence::Unlike);
    by_number || (facts.birth_dates_conflict && !facts.same_number)
}

/// Unlike given names and another birth date, or one that is missing, without a shared number: brothers and
/// sisters of one mother and home, if anything. Unlike distinct records, they may still meet through others.
fn are_siblings(facts: &Facts) -> bool {
    facts.names == NameEvidence::Unlike && !facts.same_birth_date && !facts.same_number
}

/// Who stands under one name in two sources.
struct TwoSources<'a> {
    table: &'a Table,
    /// Pairs of two sources with the same names and birth date, seen from both sides.
    named: Vec<Partner>,
}

impl TwoSources<'_> {
    fn of<'a>(table: &'a Table, judged: &[Judged], link: f64) -> TwoSources<'a> {
        let named = from_both_sides(judged.iter().filter(|pair| {
            let facts = &pair.candidate.facts;
            facts.one_name && facts.same_birth_date && !facts.same_source && pair.candidate.score.weight >= link
        }));
        TwoSources { table, named }
    }

    /// Whether a pair of one source is two children, since another source has both of them too, each under its own
    /// name: `Ella` and `Ellie`, born on one day, in two systems. A slip in one of two records of one child is seldom
    /// made in another system again, beside the right name.
    fn have(&self, pair: &Candidate) -> bool {
        let facts = &pair.facts;
        let other_name = !facts.one_name && facts.names != NameEvidence::Missing;
        if !(other_name && facts.same_source && facts.same_birth_date && !facts.same_number) {
            return false;
        }
        let source = |record: RecordIndex| self.table.fields.source[record as usize];
        let of_right = |one: RecordIndex| {
            let mut partners = of_record(&self.named, pair.right);
            partners.any(|&(_, other, _)| one != other && source(one) == source(other))
        };
        of_record(&self.named, pair.left).any(|&(_, one, _)| of_right(one))
    }
}

/// What stands between candidates of one record: it belongs to one child.
struct Rivalry<'a> {
    table: &'a Table,
    /// Pairs that are different children, in order.
    apart: &'a [(RecordIndex, RecordIndex)],
    thresholds: Thresholds,
}

/// A record, one of its candidates, and the weight of the two; in order of record.
type Partner = (RecordIndex, RecordIndex, f64);

/// The candidates of one record.
fn of_record(partners: &[Partner], record: RecordIndex) -> impl Iterator<Item = &Partner> {
    let first = partners.partition_point(|&(own, _, _)| own < record);
    partners[first..].iter().take_while(move |&&(own, _, _)| own == record)
}

/// Every pair seen from both of its records, in order of record.
fn from_both_sides<'j>(judged: impl Iterator<Item = &'j Judged>) -> Vec<Partner> {
    let mut seen: Vec<Partner> = judged
        .flat_map(|Judged { candidate: Candidate { left, right, score, .. }, .. }| {
            [(*left, *right, score.weight), (*right, *left, score.weight)]
        })
        .collect();
    parallel::sort_by_word(&mut seen, |partner| word_of(partner.0, partner.1));
    seen
}

impl Rivalry<'_> {
    fn cannot_be_one(&self, a: RecordIndex, b: RecordIndex) -> bool {
        let number = |record: RecordIndex| self.table.fields.number[record as usize].number();
        let differ = matches!((number(a), number(b)), (Some(a), Some(b)) if a != b);
        differ || self.apart.binary_search(&(a.min(b), a.max(b))).is_ok()
    }

    /// Sends to review a pair one of whose records has another candidate that is nearly as good and cannot
    /// be the same child. A shared number decides on its own.
    fn raise_runner_up(&self, judged: &mut [Judged]) {
        let seen = from_both_sides(judged.iter());
        let contested = |record: RecordIndex, partner: RecordIndex, weight: f64| {
            let near = weight - self.thresholds.runner_up_margin;
            of_record(&seen, record)
                .any(|&(_, other, w)| other != partner && w > near && self.cannot_be_one(other, partner))
        };
        let raised = parallel::map_each(judged.len(), |place| {
            let Candidate { left, right, score, facts } = &judged[place].candidate;
            !facts.same_number && (contested(*left, *right, score.weight) || contested(*right, *left, score.weight))
        });
        for (pair, _) in judged.iter_mut().zip(raised).filter(|(_, raised)| *raised) {
            pair.guards = pair.guards.with(Guard::RunnerUp);
        }
    }

    /// The links that no guard questions.
    fn clear_partners(&self, judged: &[Judged]) -> Vec<Partner> {
        from_both_sides(
            judged.iter().filter(|pair| pair.guards.is_empty() && pair.candidate.score.weight >= self.thresholds.link),
        )
    }

    /// Takes out pairs one of whose records has a clear link to a record that cannot be the same child as
    /// the other, and is better by the margin: nothing is left for a person to decide. A pair with two
    /// numbers stays, since either number may be superseded, and so does one with a shared number.
    fn drop_outdone(&self, judged: &mut Vec<Judged>, partners: &[Partner]) {
        let outdone = |record: RecordIndex, partner: RecordIndex, weight: f64| {
            let better = weight + self.thresholds.runner_up_margin;
            of_record(partners, record).any(|&(_, other, w)| w >= better && self.cannot_be_one(other, partner))
        };
        judged.retain(|Judged { candidate: Candidate { left, right, score, facts }, .. }| {
            facts.same_number
                || facts.numbers_differ
                || !(outdone(*left, *right, score.weight) || outdone(*right, *left, score.weight))
        });
    }
}

/// Lifts the guard against changed identities where other records of the child explain the change.
///
/// A number's own history does: the record without a number is clearly linked to another record of the other's
/// number, so both names were used under one number. An adopted child's new identity has a new number. And so
/// does another record that is clearly linked to one of the two and has no number of its own, if it relates the
/// family names: it names a mother of the other family name, or bears that name itself.
fn lift_explained_names(table: &Table, judged: &mut [Judged], partners: &[Partner]) {
    let number = |record: RecordIndex| table.fields.number[record as usize].number();
    let known_under = |record: RecordIndex, wanted: Option<u64>| {
        wanted.is_some()
            && number(record).is_none()
            && of_record(partners, record).any(|&(_, other, _)| number(other) == wanted)
    };
    let counts = NameCounts::counted(Vec::new(), Vec::new(), 0);
    let related = |left: RecordIndex, right: RecordIndex| {
        !guards::family_unlike(&Pair { fields: &table.fields, counts: &counts, left, right })
    };
    let explained_by_another = |record: RecordIndex, other: RecordIndex| {
        let own = number(record);
        own.is_some() && of_record(partners, record).any(|&(_, same, _)| number(same) == own && related(same, other))
    };
    for pair in judged.iter_mut().filter(|pair| pair.guards.has(Guard::PossibleIdentityChange)) {
        let Candidate { left, right, facts, .. } = &pair.candidate;
        let (left, right) = (*left, *right);
        let by_number = known_under(left, number(right)) || known_under(right, number(left));
        let by_name =
            facts.only_family_differs() && (explained_by_another(left, right) || explained_by_another(right, left));
        if by_number || by_name {
            pair.guards = pair.guards.without(Guard::PossibleIdentityChange);
        }
    }
}
