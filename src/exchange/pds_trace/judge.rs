//! What may be made of an answer.

use super::layout::Layout;
use super::response::{Answer, AnswerCode, Found, INCONSISTENT, SetAsideAnswer, TWO_ANSWERS, UNKNOWN_REFERENCE};
use crate::error::Code;
use crate::identity::name::{FamilyName, GivenName};
use crate::identity::nhs_number::NhsNumber;
use crate::identity::sensitive::Sensitivity;
use crate::identity::sex::Sex;
use crate::linkage::national::given_names_agree;
use crate::text::similarity::jaro_winkler;
use std::collections::BTreeMap;

/// What was asked about a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Its reference.
    pub reference: String,
    /// The record's source.
    pub source: String,
    /// The record's id.
    pub record_id: String,
    /// What the record said when it was asked about, as a hash; empty where the keys do not tell.
    pub evidence: String,
    /// The number that was sent.
    pub nhs_number: Option<NhsNumber>,
    /// The names, sex and birth date that were sent.
    pub family_name: String,
    /// See `family_name`.
    pub given_name: String,
    /// See `family_name`.
    pub sex: String,
    /// See `family_name`.
    pub birth_date: String,
}

/// What becomes of a record that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The number is agreed with the national service.
    Verified,
    /// The number was merged into another, which is agreed.
    Superseded,
    /// The record was invalidated: it leaves the pool.
    Invalidated,
    /// The service found somebody, and a person must look.
    ToResolve,
    /// The service found somebody of another family name by name and birth date: for those who must, not for common
    /// review.
    Restricted,
    /// Under investigation by the service.
    Investigated,
    /// Several, too little, or nobody.
    NoMatch,
    /// The response says nothing about it that can be used.
    Unanswered,
}

impl Outcome {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Verified => "verified",
            Outcome::Superseded => "superseded",
            Outcome::Invalidated => "invalidated",
            Outcome::ToResolve => "to-resolve",
            Outcome::Restricted => "restricted",
            Outcome::Investigated => "under-investigation",
            Outcome::NoMatch => "no-match",
            Outcome::Unanswered => "unanswered",
        }
    }

    /// The outcome of a word.
    pub fn of(word: &str) -> Option<Outcome> {
        use Outcome as O;
        let all =
            [O::Verified, O::Superseded, O::Invalidated, O::ToResolve, O::Restricted, O::Investigated, O::NoMatch];
        all.into_iter().chain([O::Unanswered]).find(|outcome| outcome.as_str() == word)
    }

    /// NHS NUMBER STATUS INDICATOR CODE of the record from now on; nothing where it does not change.
    ///
    /// # Source
    /// NHS Data Model and Dictionary, December 2019: 01 verified; 04 trace attempted, no match or multiple match; 05
    /// trace needs to be resolved.
    pub const fn status(self) -> &'static str {
        match self {
            Outcome::Verified | Outcome::Superseded => "01",
            Outcome::NoMatch => "04",
            Outcome::ToResolve | Outcome::Investigated => "05",
            Outcome::Invalidated | Outcome::Restricted | Outcome::Unanswered => "",
        }
    }
}

/// A question with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'q> {
    /// The question.
    pub question: &'q Question,
    /// What becomes of the record.
    pub outcome: Outcome,
    /// Why, in a word: the rule that decided.
    pub reason: &'static str,
    /// The number to use; only of a record that is verified or superseded.
    pub number: Option<NhsNumber>,
    /// Whether where the child lives is withheld from now on.
    pub sensitive: bool,
    /// The answer, for those who must look.
    pub answer: Option<Answer>,
}

/// Judges every question by its answers. Answers that cannot be used join those set aside. Every question comes out
/// once, in order; every answer is used or set aside.
pub fn judge_all<'q>(
    questions: &'q [Question],
    answers: Vec<Answer>,
    layout: &Layout,
    aside: &mut Vec<SetAsideAnswer>,
) -> Vec<Judged<'q>> {
    // Questions whose answer could not be read, and whether what could be read of it says sensitive.
    let mut unread: BTreeMap<String, bool> = BTreeMap::new();
    aside.iter().for_each(|row| *unread.entry(row.reference.clone()).or_default() |= row.sensitive);
    let known: BTreeMap<&str, usize> =
        questions.iter().enumerate().map(|(place, question)| (question.reference.as_str(), place)).collect();
    let mut by_question: Vec<Vec<Answer>> = vec![Vec::new(); questions.len()];
    let mut set_aside = |answer: &Answer, reason: &'static Code| {
        let raw = format!("{},{}", answer.reference, answer.code.as_str());
        let (reference, sensitive) = (answer.reference.clone(), is_sensitive(answer));
        aside.push(SetAsideAnswer { row: answer.row, reason, raw, reference, sensitive });
    };
    for answer in answers {
        match known.get(answer.reference.as_str()) {
            Some(&place) => by_question[place].push(answer),
            None => set_aside(&answer, &UNKNOWN_REFERENCE),
        }
    }
    let mut judged: Vec<Judged<'q>> = Vec::with_capacity(questions.len());
    for (question, mut answers) in questions.iter().zip(by_question) {
        let unanswered = |reason| Judged {
            question,
            outcome: Outcome::Unanswered,
            reason,
            number: None,
            sensitive: false,
            answer: None,
        };
        // The same answer twice is one answer.
        answers.dedup_by(|a, b| Answer { row: 0, ..a.clone() } == Answer { row: 0, ..b.clone() });
        // Whatever else is wrong, a flag that was seen is kept.
        let set_aside_before = unread.get(&question.reference);
        let flagged = answers.iter().any(is_sensitive) || set_aside_before == Some(&true);
        judged.push(match answers.len() {
            0 if set_aside_before.is_some() => Judged { sensitive: flagged, ..unanswered("answer-set-aside") },
            0 => unanswered("no-answer"),
            1 => match judge(question, &answers[0], layout) {
                Ok((outcome, reason, number)) => {
                    Judged { question, outcome, reason, number, sensitive: flagged, answer: answers.pop() }
                }
                Err(reason) => {
                    set_aside(&answers[0], reason);
                    Judged { sensitive: flagged, ..unanswered("answer-set-aside") }
                }
            },
            _ => {
                answers.iter().for_each(|answer| set_aside(answer, &TWO_ANSWERS));
                Judged { sensitive: flagged, ..unanswered("answer-set-aside") }
            }
        });
    }
    part_what_one_number_joins(&mut judged, layout);
    judged
}

fn is_sensitive(answer: &Answer) -> bool {
    matches!(answer.code, AnswerCode::Sensitive | AnswerCode::Business) || answer.sensitivity == Sensitivity::Sensitive
}

type Verdict = (Outcome, &'static str, Option<NhsNumber>);

/// What one answer to one question means.
fn judge(question: &Question, answer: &Answer, layout: &Layout) -> Result<Verdict, &'static Code> {
    if answer.code == AnswerCode::Invalid || answer.sensitivity == Sensitivity::Invalidated {
        return Ok((Outcome::Invalidated, "invalidated", None));
    }
    let found = match (answer.code, answer.found) {
        (AnswerCode::NotFound, Found::Nobody) => return Ok((Outcome::NoMatch, "not-found", None)),
        (AnswerCode::Several, Found::Nobody | Found::Several) => return Ok((Outcome::NoMatch, "several", None)),
        (AnswerCode::NotEnough, Found::Nobody | Found::Several) => {
            return Ok((Outcome::NoMatch, "not-enough-data", None));
        }
        (AnswerCode::Business, _) => return Ok((Outcome::Investigated, "under-investigation", None)),
        // Sensitive, and nothing else is told.
        (AnswerCode::Sensitive, Found::Nobody) => return Ok((Outcome::ToResolve, "sensitive-without-number", None)),
        (AnswerCode::Match | AnswerCode::Superseded | AnswerCode::Sensitive, Found::Number(number)) => number,
        _ => return Err(&INCONSISTENT),
    };
    let agreement = Agreement::of(question, answer, layout);
    match question.nhs_number {
        Some(sent) if answer.code == AnswerCode::Superseded => match sent == found {
            true => Err(&INCONSISTENT),
            // A chain tells of duplicates only, never of adoption; but two people on one number come so, too.
            false if agreement.contradicts() => Ok((Outcome::ToResolve, "superseded-by-another-name", None)),
            false => Ok((Outcome::Superseded, "superseded", Some(found))),
        },
        Some(sent) if sent == found => match agreement.contradicts() {
            true => Ok((Outcome::ToResolve, "number-of-another-name", None)),
            false => Ok((Outcome::Verified, "number-confirmed", Some(found))),
        },
        // Another number than the record's own, without a chain: a wrong number, or another identity.
        Some(_) if agreement.family == Some(false) => Ok((Outcome::Restricted, "possible-identity-change", None)),
        Some(_) => Ok((Outcome::ToResolve, "another-number", None)),
        None if answer.code == AnswerCode::Superseded => Err(&INCONSISTENT),
        None if agreement.family != Some(true) => Ok((Outcome::Restricted, "possible-identity-change", None)),
        None if agreement.given != Some(true) => Ok((Outcome::ToResolve, "given-name-differs", None)),
        None if agreement.birth_date != Some(true) => Ok((Outcome::ToResolve, "birth-date-differs", None)),
        None if agreement.sex == Some(false) => Ok((Outcome::ToResolve, "sex-differs", None)),
        None if is_weak(answer, layout) => Ok((Outcome::ToResolve, "low-confidence", None)),
        None => Ok((Outcome::Verified, "found-by-name-and-birth-date", Some(found))),
    }
}

/// Found by the algorithmic step, or by none that is known, with too low a mean.
fn is_weak(answer: &Answer, layout: &Layout) -> bool {
    let by_filters = matches!(answer.step, 1..=3);
    let least = (layout.judgement.least_confidence * 100.0).round() as u32;
    !by_filters && answer.confidence.is_none_or(|confidence| confidence < least)
}

/// Whether what was sent and what was found agree; nothing where one side tells nothing.
struct Agreement {
    family: Option<bool>,
    given: Option<bool>,
    birth_date: Option<bool>,
    sex: Option<bool>,
}

impl Agreement {
    fn of(question: &Question, answer: &Answer, layout: &Layout) -> Agreement {
        let date = |text: &str| Some(text.replace('-', "")).filter(|text| !text.is_empty());
        let sex = |text: &str| Sex::parse_field(text).value().copied();
        Agreement {
            family: family_agrees(&question.family_name, &answer.family_name, layout),
            given: given_agrees(&question.given_name, &answer.given_name, layout),
            birth_date: both(date(&question.birth_date), date(&answer.birth_date), |a, b| a == b),
            sex: both(sex(&question.sex), sex(&answer.sex), |a, b| a == b),
        }
    }

    /// Whether a confirmed number is that of somebody else: neither name nor birth date agrees where both are told, or
    /// both the given name and the birth date differ.
    fn contradicts(&self) -> bool {
        let differs = |agreement: Option<bool>| agreement == Some(false);
        differs(self.given) && (differs(self.family) || differs(self.birth_date))
            || differs(self.family) && differs(self.birth_date)
    }
}

fn both<T>(one: Option<T>, other: Option<T>, agree: impl Fn(&T, &T) -> bool) -> Option<bool> {
    Some(agree(&one?, &other?))
}

fn given_agrees(one: &str, other: &str, layout: &Layout) -> Option<bool> {
    let name = |text: &str| GivenName::parse_field(text).value().cloned();
    let least = layout.judgement.least_name_similarity;
    both(name(one), name(other), |one, other| given_names_agree(one, other, least))
}

fn family_agrees(one: &str, other: &str, layout: &Layout) -> Option<bool> {
    let name = |text: &str| FamilyName::parse_field(text).value().cloned();
    both(name(one), name(other), |one, other| {
        let parts = |name: &FamilyName| name.token_set().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (a, b) = (parts(one), parts(other));
        let least = layout.judgement.least_name_similarity;
        // A-B, B-A, A and B are names of one child at different times.
        a.iter().any(|part| b.contains(part))
            || jaro_winkler(&one.joined(), &other.joined()) >= least
            || one.agrees_as_far_as_written(other)
    })
}

/// One number found for records of different children (twins, or two people on one number) is given to none of them.
fn part_what_one_number_joins(judged: &mut [Judged<'_>], layout: &Layout) {
    let mut by_number: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, one) in judged.iter().enumerate() {
        if let Some(number) = one.number {
            by_number.entry(number.digits()).or_default().push(place);
        }
    }
    for places in by_number.into_values().filter(|places| places.len() > 1) {
        let differ = places.iter().enumerate().any(|(n, &one)| {
            places[n + 1..].iter().any(|&other| {
                let (one, other) = (judged[one].question, judged[other].question);
                one.birth_date != other.birth_date
                    || given_agrees(&one.given_name, &other.given_name, layout) == Some(false)
            })
        });
        if differ {
            for place in places {
                judged[place].outcome = Outcome::ToResolve;
                judged[place].reason = "one-number-for-several-children";
                judged[place].number = None;
            }
        }
    }
}
