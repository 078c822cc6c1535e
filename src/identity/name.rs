//! Given and family names: as shown, as compared, and in parts.

use super::birth_order::BirthOrder;
use super::field::{Field, Parsed};
use super::name_data::{NICKNAMES, NameField, SPELLINGS};
use super::placeholder;
use crate::error::{Code, Finding, Severity};
use crate::text::normalise::{fold, tidy};
use std::borrow::Cow;
use std::fmt;

/// Words for a child without a name.
pub static PLACEHOLDER: Code = Code::new(
    "name/placeholder",
    Severity::Note,
    "words such as Baby or Twin 2 stand for the name",
    "nothing to do; the name counts as missing, and a birth order in it is kept",
);
/// A placeholder and then perhaps a name.
pub static PLACEHOLDER_WITH_NAME: Code = Code::new(
    "name/placeholder-with-name",
    Severity::Warning,
    "words such as Baby stand before what may be the family name",
    "enter the given name; until then it counts as missing",
);
/// 35 characters, so perhaps cut off.
pub static CUT_OFF: Code = Code::new(
    "name/cut-off",
    Severity::Note,
    "the name is as long as national records can hold and may be cut off",
    "nothing to do; it is compared by what is there",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&PLACEHOLDER, &PLACEHOLDER_WITH_NAME, &CUT_OFF];

/// The most characters a name has in PDS and the data dictionary; longer ones arrive cut off.
///
/// # Source
/// PDS FHIR API and NHS Data Model and Dictionary: 35 for each family and given name.
pub const LONGEST: usize = 35;

/// Surname prefixes that belong to the next word.
///
/// # Source
/// Office for National Statistics, Data-Linkage/dlh_utils (May 2024).
const PREFIXES: [&str; 20] = [
    "DE", "DA", "DU", "ST", "MC", "MAC", "VAN", "VON", "LA", "LE", "O", "AL", "DER", "EL", "DI", "DEL", "UL", "BIN",
    "SAN", "BA",
];

/// What both kinds of name hold.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    display: Box<str>,
    comparison: Box<str>,
}

impl Name {
    fn parse(text: &str, field: NameField, column: &'static str) -> Parsed<Name> {
        let display = tidy(text);
        let folded = words_of(&display);
        Name::of(display, folded, field, column).0
    }

    /// The name, and the birth order that its words carry when they are read as a given name.
    fn parse_with_order(text: &str, field: NameField, column: &'static str) -> (Parsed<Name>, Option<BirthOrder>) {
        let display = tidy(text);
        if display.is_empty() {
            return (Parsed::ABSENT, None);
        }
        let folded = words_of(&display);
        let of_family = match field {
            NameField::Given => None,
            NameField::Family => birth_order_in_folded(&folded),
        };
        let (name, of_given) = Name::of(display, folded, field, column);
        match field {
            NameField::Given => (name, of_given),
            NameField::Family => (name, of_family),
        }
    }

    /// The name as shown and folded, and the birth order that was taken out of it.
    fn of(
        display: String,
        folded: String,
        field: NameField,
        column: &'static str,
    ) -> (Parsed<Name>, Option<BirthOrder>) {
        if display.is_empty() {
            return (Parsed::ABSENT, None);
        }
        let stripped = Comparison::of(folded, field);
        let birth_order = stripped.birth_order;
        if stripped.text.is_empty() {
            let code = if stripped.uncertain { &PLACEHOLDER_WITH_NAME } else { &PLACEHOLDER };
            return (Parsed::absent_with(Finding::new(code, column)), birth_order);
        }
        let name = Name { display: display.into(), comparison: stripped.text.into() };
        let cut_off = name.is_cut_off().then_some(Finding::new(&CUT_OFF, column));
        (Parsed::valid(name).with(cut_off), birth_order)
    }

    fn is_cut_off(&self) -> bool {
        self.display.chars().count() == LONGEST
    }

    /// Equal, or the beginning of the other where one side may have been cut off.
    fn agrees_as_far_as_written(&self, other: &Name) -> bool {
        self.comparison == other.comparison
            || (self.is_cut_off() && other.comparison.starts_with(&*self.comparison))
            || (other.is_cut_off() && self.comparison.starts_with(&*other.comparison))
    }
}

/// The comparison form of a name, and what was learnt while taking placeholders out.
struct Comparison {
    /// Empty where nothing names a person.
    text: String,
    uncertain: bool,
    birth_order: Option<BirthOrder>,
}

impl Comparison {
    fn of(folded: String, field: NameField) -> Comparison {
        let mut comparison = Comparison { text: folded, uncertain: false, birth_order: None };
        // Each round either shortens the name or is the last.
        loop {
            let text = match field {
                NameField::Given => join_initials(&comparison.text),
                NameField::Family => glue_prefixes(&comparison.text),
            };
            // So it is with nearly all names.
            if matches!(text, Cow::Borrowed(_)) && !placeholder::may_be_in(&text, field) {
                return comparison;
            }
            let stripped = placeholder::strip(&text, field);
            comparison.uncertain |= stripped.uncertain;
            comparison.birth_order = comparison.birth_order.or(stripped.birth_order);
            let text = stripped.words.join(" ");
            if text == comparison.text {
                return comparison;
            }
            comparison.text = text;
        }
    }
}

/// The given name or names of a person, not a placeholder.
///
/// # Source
/// Placeholders and titles: NHS England, NHSE_probabilistic_linkage (February 2025). Initials joined:
/// Office for National Statistics, dlh_utils (May 2024).
///
/// # Examples
/// ```
/// use childlink::identity::name::GivenName;
/// let name = GivenName::parse_field("Zoë-Marie").field;
/// assert_eq!(name.valid().unwrap().comparison(), "ZOE MARIE");
/// assert_eq!(name.valid().unwrap().display(), "Zoë-Marie");
/// assert!(GivenName::parse_field("Twin 2").field.is_absent());
/// assert_eq!(GivenName::parse_field("Miss Alice").field.valid().unwrap().comparison(), "ALICE");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GivenName(Name);

impl GivenName {
    /// Reads a given name. A placeholder is absent, with a finding; nothing is ever invalid.
    pub fn parse_field(text: &str) -> Parsed<GivenName> {
        wrap(Name::parse(text, NameField::Given, "given_name"), GivenName)
    }

    /// The same, with the birth order that the words carry ([`BirthOrder::in_name`]).
    pub(super) fn parse_with_order(text: &str) -> (Parsed<GivenName>, Option<BirthOrder>) {
        let (parsed, order) = Name::parse_with_order(text, NameField::Given, "given_name");
        (wrap(parsed, GivenName), order)
    }

    /// The name as written, white space tidied.
    pub fn display(&self) -> &str {
        &self.0.display
    }

    /// The comparison form: words in capitals, one space between. Never empty; parsing it again gives
    /// the same.
    pub fn comparison(&self) -> &str {
        &self.0.comparison
    }

    /// The words of the comparison form.
    pub fn tokens(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.comparison.split(' ')
    }

    /// The words without spaces: `MARYJANE` for `Mary Jane`, `Mary-Jane` and `Maryjane`.
    pub fn joined(&self) -> String {
        self.tokens().collect()
    }

    /// The different words in alphabetical order, so that `Jane Mary` equals `Mary Jane`.
    pub fn token_set(&self) -> Vec<&str> {
        token_set(self.tokens())
    }

    /// The word that tells this child from others: the second where the first is a spelling of Muhammad
    /// and another follows, else the first.
    ///
    /// ```
    /// use childlink::identity::name::GivenName;
    /// let name = GivenName::parse_field("Mohammed Ayaan").field;
    /// assert_eq!(name.valid().unwrap().distinguishing_token(), "AYAAN");
    /// ```
    pub fn distinguishing_token(&self) -> &str {
        let mut tokens = self.tokens();
        let first = tokens.next().unwrap_or("");
        if spelling_class(first) == "MUHAMMAD" { tokens.next().unwrap_or(first) } else { first }
    }

    /// Whether the comparison form is a single letter.
    pub fn is_initial(&self) -> bool {
        self.0.comparison.chars().count() == 1
    }

    /// Whether the names agree as far as both are written: equal, or one the beginning of the other where
    /// a side has exactly [`LONGEST`] characters and may be cut off.
    pub fn agrees_as_far_as_written(&self, other: &GivenName) -> bool {
        self.0.agrees_as_far_as_written(&other.0)
    }
}

/// The family name of a person, not a placeholder.
///
/// # Source
/// Prefixes: Office for National Statistics, dlh_utils (May 2024).
///
/// # Examples
/// ```
/// use childlink::identity::name::FamilyName;
/// let comparison = |text| FamilyName::parse_field(text).field.valid().unwrap().comparison().to_owned();
/// assert_eq!(comparison("O’Brien"), comparison("O BRIEN"));
/// assert_eq!(comparison("Mc Donald"), "MCDONALD");
/// assert_eq!(comparison("Smith-Jones"), "SMITH JONES");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FamilyName(Name);

impl FamilyName {
    /// Reads a family name. A placeholder is absent, with a finding; nothing is ever invalid.
    pub fn parse_field(text: &str) -> Parsed<FamilyName> {
        wrap(Name::parse(text, NameField::Family, "family_name"), FamilyName)
    }

    /// The same, with the birth order that the words carry ([`BirthOrder::in_name`]).
    pub(super) fn parse_with_order(text: &str) -> (Parsed<FamilyName>, Option<BirthOrder>) {
        let (parsed, order) = Name::parse_with_order(text, NameField::Family, "family_name");
        (wrap(parsed, FamilyName), order)
    }

    /// The name as written, white space tidied.
    pub fn display(&self) -> &str {
        &self.0.display
    }

    /// The comparison form: words in capitals, prefixes joined to the next word, one space between.
    /// Never empty; parsing it again gives the same.
    pub fn comparison(&self) -> &str {
        &self.0.comparison
    }

    /// The words of the comparison form: the parts of a double-barrelled name.
    pub fn tokens(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.comparison.split(' ')
    }

    /// The words without spaces.
    pub fn joined(&self) -> String {
        self.tokens().collect()
    }

    /// The different words in alphabetical order, so that `Jones-Smith` equals `Smith-Jones`.
    pub fn token_set(&self) -> Vec<&str> {
        token_set(self.tokens())
    }

    /// The comparison form with endings that differ by sex in their male form (`KOWALSKA` as `KOWALSKI`),
    /// if it has one.
    ///
    /// # Source
    /// Polish -ski, -cki, -dzki: documented practice. Russian and Bulgarian -ova, -eva: general knowledge.
    ///
    /// ```
    /// use childlink::identity::name::FamilyName;
    /// let stem = |text| FamilyName::parse_field(text).field.valid().unwrap().stem();
    /// assert_eq!(stem("Kowalska").as_deref(), Some("KOWALSKI"));
    /// assert_eq!(stem("Ivanova").as_deref(), Some("IVANOV"));
    /// assert_eq!(stem("Kowalski"), None);
    /// ```
    pub fn stem(&self) -> Option<String> {
        let mut changed = false;
        let stems: Vec<String> = self
            .tokens()
            .map(|token| match male_form(token) {
                Some(stem) => {
                    changed = true;
                    stem
                }
                None => token.to_owned(),
            })
            .collect();
        changed.then(|| stems.join(" "))
    }

    /// Whether the names agree as far as both are written: equal, or one the beginning of the other where
    /// a side has exactly [`LONGEST`] characters and may be cut off.
    pub fn agrees_as_far_as_written(&self, other: &FamilyName) -> bool {
        self.0.agrees_as_far_as_written(&other.0)
    }
}

/// The class of a spelling: `MUHAMMAD` for all its spellings, else the word itself.
///
/// ```
/// use childlink::identity::name::spelling_class;
/// assert_eq!(spelling_class("MOHAMMED"), "MUHAMMAD");
/// assert_eq!(spelling_class("OLIVIA"), "OLIVIA");
/// ```
pub fn spelling_class(word: &str) -> &str {
    SPELLINGS.get(word).copied().unwrap_or(word)
}

/// The nickname classes of a word in comparison form, ascending: two words are related when they share
/// one. Numbers of lines in `data/names/nicknames.csv`, good within one build only.
pub fn nickname_classes(word: &str) -> &'static [u16] {
    NICKNAMES.get(word).map_or(&[], Vec::as_slice)
}

/// Whether two words in comparison form are names of one another (Kate, Katherine), or equal. Weaker than
/// equality: British children are registered as Alfie and as Alfred.
///
/// ```
/// use childlink::identity::name::are_nicknames;
/// assert!(are_nicknames("KATIE", "CATHERINE"));
/// assert!(!are_nicknames("EDWARD", "THEODORE")); // both are Ted, but of different people
/// ```
pub fn are_nicknames(a: &str, b: &str) -> bool {
    let (a_classes, b_classes) = (nickname_classes(a), nickname_classes(b));
    a == b || a_classes.iter().any(|class| b_classes.binary_search(class).is_ok())
}

/// The birth order that a name in text carries.
pub(super) fn birth_order_in(text: &str) -> Option<BirthOrder> {
    birth_order_in_folded(&words_of(text))
}

fn birth_order_in_folded(folded: &str) -> Option<BirthOrder> {
    let is_plain =
        matches!(join_initials(folded), Cow::Borrowed(_)) && !placeholder::may_be_in(folded, NameField::Given);
    if is_plain { None } else { Comparison::of(folded.to_owned(), NameField::Given).birth_order }
}

fn wrap<T>(parsed: Parsed<Name>, wrap: impl FnOnce(Name) -> T) -> Parsed<T> {
    let field = match parsed.field {
        Field::Absent => Field::Absent,
        Field::Invalid { raw, reason } => Field::Invalid { raw, reason },
        Field::Valid(name) => Field::Valid(wrap(name)),
    };
    Parsed { field, findings: parsed.findings }
}

fn token_set<'a>(tokens: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut set: Vec<&str> = tokens.collect();
    set.sort_unstable();
    set.dedup();
    set
}

/// The words of a name in comparison form, placeholders and all.
fn words_of(text: &str) -> String {
    let mut folded = fold(&without_shorthand(text));
    // `N/A` and `N/K`, before they could be taken for initials and joined: `Na` is a name.
    if matches!(folded.as_str(), "N A" | "N K") {
        folded.clear();
    }
    folded
}

/// The maternity shorthand `B/O` ("baby of") in words, since its letters alone are those of a name, Bo.
fn without_shorthand(text: &str) -> Cow<'_, str> {
    match text.get(..3) {
        Some(head) if head.eq_ignore_ascii_case("B/O") => Cow::Owned(format!("BABY OF {}", &text[3..])),
        _ => Cow::Borrowed(text),
    }
}

/// Runs of single letters as one word: `J P` and `J.P.` are `JP`.
fn join_initials(folded: &str) -> Cow<'_, str> {
    let is_initial = |word: &str| word.len() == 1 && word.as_bytes()[0].is_ascii_alphabetic();
    join_words(folded, |word, next| is_initial(word) && is_initial(next))
}

/// Surname prefixes joined to the word after them: `VAN DER BERG` is `VANDERBERG`.
fn glue_prefixes(folded: &str) -> Cow<'_, str> {
    join_words(folded, |word, _| PREFIXES.contains(&word))
}

/// The text without the spaces between words that belong together.
fn join_words(folded: &str, belong: impl Fn(&str, &str) -> bool) -> Cow<'_, str> {
    let pairs = || folded.split(' ').zip(folded.split(' ').skip(1));
    if !pairs().any(|(word, next)| belong(word, next)) {
        return Cow::Borrowed(folded);
    }
    let mut joined = String::with_capacity(folded.len());
    joined.extend(folded.split(' ').next());
    for (word, next) in pairs() {
        if !belong(word, next) {
            joined.push(' ');
        }
        joined.push_str(next);
    }
    Cow::Owned(joined)
}

/// The male form of a word whose ending differs by sex.
fn male_form(word: &str) -> Option<String> {
    if word.len() < 5 {
        return None;
    }
    if word.ends_with("SKA") || word.ends_with("CKA") || word.ends_with("DZKA") {
        return Some(format!("{}I", word.strip_suffix('A')?));
    }
    if word.ends_with("OVA") || word.ends_with("EVA") {
        return Some(word.strip_suffix('A')?.to_owned());
    }
    None
}

impl fmt::Display for GivenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display())
    }
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display())
    }
}

/// Masked: a name in a log is a leak.
impl fmt::Debug for GivenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenName(***)")
    }
}

/// Masked: a name in a log is a leak.
impl fmt::Debug for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyName(***)")
    }
}
