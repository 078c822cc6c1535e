//! Given and family names as ids into one list of distinct words, so that equality across columns (a
//! child's family name and another record's mother's) is an integer compare.

use super::super::dictionary::Dictionary;
use super::PIECE;
use crate::identity::birth_order::BirthOrder;
use crate::identity::name::{FamilyName, GivenName, nickname_classes, spelling_class};
use crate::linkage::{hash, parallel};
use crate::text::phonetic::soundex_code;
use crate::text::similarity::jaro_winkler_from;
use crate::text::sketch::Sketch;

/// A word or a name without its spaces, by number; 0 is no name.
pub(crate) type NameId = u32;

/// The most words of one name that are told apart; further words are in the whole name only.
pub(crate) const MAX_WORDS: usize = 4;

/// Names that a table made of texts has room for beyond them.
const MORE_NAMES: usize = 4096;

/// A given name, or the other names, of one raw text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given {
    /// All words without spaces; 0 if missing or a placeholder.
    pub(crate) whole: NameId,
    /// The first words in order, 0 behind the last.
    pub(crate) words: [NameId; MAX_WORDS],
    /// 1 to 7 where a placeholder or suffix tells it ("Twin 2"), else 0.
    pub(crate) birth_order: u8,
}

/// A family name of one raw text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Family {
    /// All words without spaces; 0 if missing.
    pub(crate) whole: NameId,
    /// The first words in order, 0 behind the last.
    pub(crate) words: [NameId; MAX_WORDS],
    /// The whole with endings that differ by sex in their male form.
    pub(crate) stem: NameId,
}

/// Distinct words and joined names.
#[derive(Clone, Default)]
pub(crate) struct NameTable {
    texts: Dictionary,
    known: Vec<Known>,
}

/// What is asked of a name again and again, side by side: in a long list each look costs a way to memory.
#[derive(Clone, Copy)]
struct Known {
    /// A hash of what it sounds like; 0 for no letters.
    sound: u64,
    sketch: Sketch,
    nicknames: &'static [u16],
    /// The word that stands for all spellings of it.
    spelling: NameId,
}

impl Known {
    fn of(text: &str, spelling: NameId) -> Known {
        Known { sound: sound_of(text), sketch: Sketch::of(text), nicknames: nickname_classes(text), spelling }
    }
}

/// A name understood but not yet numbered: words that belong to the comparison form.
pub(super) struct Words {
    comparison: String,
    stem: Option<String>,
    birth_order: u8,
}

impl Words {
    pub(super) fn of_given(raw: &str) -> (Words, Vec<crate::error::Finding>) {
        let parsed = GivenName::parse_field(raw);
        let comparison = parsed.value().map_or_else(String::new, |name| name.comparison().to_owned());
        let placeholder = !raw.is_empty() && comparison.is_empty();
        // Only a name with words taken out of it can carry a birth order; the rest saves the second reading.
        let birth_order =
            if placeholder || raw.split_whitespace().nth(1).is_some() { BirthOrder::in_name(raw) } else { None };
        let birth_order = birth_order.map_or(0, BirthOrder::get);
        (Words { comparison, stem: None, birth_order }, parsed.findings)
    }

    pub(super) fn of_family(raw: &str) -> (Words, Vec<crate::error::Finding>) {
        let parsed = FamilyName::parse_field(raw);
        let name = parsed.value();
        let comparison = name.map_or_else(String::new, |name| name.comparison().to_owned());
        let stem = name.and_then(FamilyName::stem);
        (Words { comparison, stem, birth_order: 0 }, parsed.findings)
    }
}

impl NameTable {
    /// An empty table, in which number 0 is no name.
    pub(super) fn new() -> NameTable {
        NameTable::default()
    }

    pub(super) fn given(&mut self, words: &Words) -> Given {
        let (whole, list) = self.intern_words(&words.comparison);
        Given { whole, words: list, birth_order: words.birth_order }
    }

    pub(super) fn family(&mut self, words: &Words) -> Family {
        let (whole, list) = self.intern_words(&words.comparison);
        let stem = words.stem.as_ref().map_or(whole, |stem| self.intern_words(stem).0);
        Family { whole, words: list, stem }
    }

    /// Numbers all names by what they are and not by which came first, so that nothing that is made of numbers
    /// (the sample of blocks that training looks at) depends on the order of rows. Gives the new number of each.
    pub(super) fn renumber(&mut self) -> Vec<NameId> {
        self.texts.renumber()
    }

    /// How many words and names there are, the missing one included.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The letters of a name.
    pub(crate) fn text(&self, id: NameId) -> &str {
        self.texts.get(id)
    }

    /// A hash of what the name sounds like (Soundex); 0 for no letters.
    pub(crate) fn sound(&self, id: NameId) -> u64 {
        self.known(id).map_or(0, |known| known.sound)
    }

    /// The word that stands for all spellings of it (all spellings of Muhammad are one).
    pub(crate) fn spelling(&self, id: NameId) -> NameId {
        self.known(id).map_or(id, |known| known.spelling)
    }

    /// Whether a word is in the list of names and their short forms, so that it is surely a name.
    pub(crate) fn has_nicknames(&self, id: NameId) -> bool {
        self.known(id).is_some_and(|known| !known.nicknames.is_empty())
    }

    /// Whether two words are names of one another (Kate, Katherine).
    pub(crate) fn are_nicknames(&self, a: NameId, b: NameId) -> bool {
        let classes = |id: NameId| self.known(id).map_or(&[][..], |known| known.nicknames);
        let (a, b) = (classes(a), classes(b));
        a.iter().any(|class| b.binary_search(class).is_ok())
    }

    /// Whether the Jaro-Winkler similarity of two names is at least `threshold`.
    pub(crate) fn are_alike(&self, a: NameId, b: NameId, threshold: f64) -> bool {
        if a == b {
            return 1.0 >= threshold;
        }
        self.sketches(a, b).is_none_or(|(a, b)| a.may_be_alike(b, threshold))
            && jaro_winkler_from(self.text(a), self.text(b), threshold).is_some()
    }

    /// Whether two names may be one edit apart; if not, they need not be looked at.
    pub(crate) fn may_be_slip(&self, a: NameId, b: NameId) -> bool {
        self.sketches(a, b).is_none_or(|(a, b)| a.may_be_slip(b))
    }

    /// Whether one of two names is a single character with which the other begins.
    pub(crate) fn is_initial(&self, a: NameId, b: NameId) -> bool {
        if let Some((a, b)) = self.sketches(a, b)
            && let Some(is) = a.is_initial_of(b)
        {
            return is;
        }
        let (a, b) = (self.text(a).as_bytes(), self.text(b).as_bytes());
        (a.len() == 1 || b.len() == 1) && a.first() == b.first()
    }

    fn sketches(&self, a: NameId, b: NameId) -> Option<(Sketch, Sketch)> {
        Some((self.known(a)?.sketch, self.known(b)?.sketch))
    }

    #[inline]
    fn known(&self, id: NameId) -> Option<&Known> {
        self.known.get(id as usize)
    }

    /// Works out sketches, sounds, spellings and nickname classes once all names are in.
    pub(super) fn complete(&mut self) {
        let count = self.texts.len();
        let classes = in_pieces(count, |id| {
            let word = self.texts.get(id);
            Some(spelling_class(word)).filter(|&class| class != word).map(str::to_owned)
        });
        let spelling = |(id, class): (usize, Option<String>)| match class {
            Some(class) => self.texts.intern(&class),
            None => id as NameId,
        };
        let mut spellings: Vec<NameId> = classes.into_iter().enumerate().map(spelling).collect();
        spellings.extend(count as NameId..self.texts.len() as NameId);
        self.known = in_pieces(spellings.len(), |id| Known::of(self.texts.get(id), spellings[id as usize]));
        self.texts.seal();
    }

    /// A table of these texts, numbered in their order from 1 (`""`, wherever it stands, is 0), that takes more.
    /// `count` and `bytes` tell how many there are and how long they are together.
    pub(crate) fn of_texts<'t>(texts: impl Iterator<Item = &'t str>, count: usize, bytes: usize) -> NameTable {
        // Lists that are full grow to twice their size with the first name that comes.
        let (count, bytes) = (count + MORE_NAMES, bytes + 16 * MORE_NAMES);
        let mut names =
            NameTable { texts: Dictionary::lean_with_capacity(count, bytes), known: Vec::with_capacity(count) };
        for text in texts {
            names.add(text);
        }
        names
    }

    /// The number of a word or joined name, known at once in all its forms.
    pub(crate) fn add(&mut self, text: &str) -> NameId {
        let id = self.texts.intern(text);
        let class = spelling_class(text);
        let spelling = if class == text { id } else { self.texts.intern(class) };
        for new in self.known.len()..self.texts.len() {
            self.known.push(Known::of(self.texts.get(new as NameId), new as NameId));
        }
        self.known[id as usize].spelling = spelling;
        id
    }

    /// Forgets the names from a number on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.texts.truncate(len);
        self.known.truncate(self.texts.len());
    }

    fn intern_words(&mut self, comparison: &str) -> (NameId, [NameId; MAX_WORDS]) {
        let mut words = [0; MAX_WORDS];
        if !comparison.contains(' ') {
            words[0] = self.texts.intern(comparison);
            return (words[0], words);
        }
        for (place, word) in words.iter_mut().zip(comparison.split(' ')) {
            *place = self.texts.intern(word);
        }
        (self.texts.intern(&comparison.replace(' ', "")), words)
    }
}

/// `work` for every name below `count`, in order.
fn in_pieces<T: Send>(count: usize, work: impl Fn(NameId) -> T + Sync + Send) -> Vec<T> {
    let pieces = parallel::map(count.div_ceil(PIECE), |piece| {
        (piece * PIECE..((piece + 1) * PIECE).min(count)).map(|id| work(id as NameId)).collect::<Vec<T>>()
    });
    let mut all = Vec::with_capacity(count);
    pieces.into_iter().for_each(|piece| all.extend(piece));
    all
}

/// A hash of what a text sounds like; 0 for no letters.
fn sound_of(text: &str) -> u64 {
    let code = soundex_code(text);
    code.as_ref().and_then(|code| std::str::from_utf8(code).ok()).map_or(0, hash::of_text)
}

impl Given {
    /// The same under new numbers.
    pub(super) fn renumbered(self, numbers: &[NameId]) -> Given {
        let number = |id: NameId| numbers[id as usize];
        Given { whole: number(self.whole), words: self.words.map(number), ..self }
    }

    /// The words that stand for it, without the empty places.
    pub(crate) fn words(&self) -> impl Iterator<Item = NameId> + use<'_> {
        self.words.iter().copied().take_while(|&word| word != 0)
    }
}

impl Family {
    /// The same under new numbers.
    pub(super) fn renumbered(self, numbers: &[NameId]) -> Family {
        let number = |id: NameId| numbers[id as usize];
        Family { whole: number(self.whole), words: self.words.map(number), stem: number(self.stem) }
    }

    /// Its parts, without the empty places.
    pub(crate) fn words(&self) -> impl Iterator<Item = NameId> + use<'_> {
        self.words.iter().copied().take_while(|&word| word != 0)
    }
}
