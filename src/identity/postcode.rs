//! Postcodes, real and not, and their parts.

use super::field::Parsed;
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// Letters and figures in no known layout.
pub static LAYOUT: Code = Code::new(
    "postcode/layout",
    Severity::Fault,
    "the postcode has none of the layouts A9 9AA, A99 9AA, A9A 9AA, AA9 9AA, AA99 9AA, AA9A 9AA",
    "check the postcode against the source record",
);
/// A letter that cannot stand where it stands.
pub static LETTER: Code = Code::new(
    "postcode/letter",
    Severity::Fault,
    "the postcode has a letter that is never used in that place",
    "check the postcode against the source record",
);
/// O for 0, I for 1, or the other way round.
pub static LETTER_FOR_FIGURE: Code = Code::new(
    "postcode/letter-for-figure",
    Severity::Warning,
    "the postcode has the letter O or I where a figure stands, or a figure where a letter stands; it was read as meant",
    "correct the postcode in the source record",
);
/// ZZ99 and the like.
pub static PSEUDO: Code = Code::new(
    "postcode/pseudo",
    Severity::Note,
    "the postcode is one that the NHS uses for a country, no fixed abode or an unknown address",
    "nothing to do; it is kept but is never evidence",
);
/// NFA, ANK and the like.
pub static STAND_IN: Code = Code::new(
    "postcode/stand-in",
    Severity::Note,
    "letters stand for no fixed abode or an unknown address",
    "nothing to do; they are kept but are never evidence",
);
/// ZZZSECUR.
pub static SECURED: Code = Code::new(
    "postcode/secured-address",
    Severity::Warning,
    "the postcode marks a secured address",
    "treat the record as sensitive: its address, postcode and practice are withheld",
);
/// Words for no postcode.
pub static MISSING: Code = Code::new(
    "postcode/missing",
    Severity::Note,
    "words stand for a missing postcode",
    "nothing to do; the field counts as missing",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[&LAYOUT, &LETTER, &LETTER_FOR_FIGURE, &PSEUDO, &STAND_IN, &SECURED, &MISSING];

/// What a postcode stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PostcodeKind {
    /// A place: the six layouts, GIR 0AA and BFPO numbers.
    Real,
    /// ZZ99 and a code: a country, no fixed abode, not known. Never evidence.
    Pseudo,
    /// Legacy letters for the same: ZZZSECUR, NFA, ANK, a bare ZZ99. Never evidence.
    StandIn,
}

/// A postcode without its space, at most eight characters.
///
/// Two postcodes that are not [`Real`](PostcodeKind::Real) may be equal and still never agree as
/// evidence: use [`evidence`](Postcode::evidence).
///
/// # Source
/// NHS Data Model and Dictionary and the layouts of BS 7666; pseudo-postcodes: HES data dictionary,
/// HOMEADD; stand-ins: NHSDigital/dtos-cohort-manager (April 2026). P as third letter is in use (N1P) and
/// accepted, unconfirmed.
///
/// # Examples
/// ```
/// use childlink::identity::postcode::{Postcode, PostcodeKind};
/// let postcode = Postcode::parse("ls1 4ap")?;
/// assert_eq!(postcode.to_string(), "LS1 4AP");
/// assert_eq!((postcode.area(), postcode.district(), postcode.sector()), ("LS", "LS1", "LS14"));
/// assert_eq!(Postcode::parse("zz993vz")?.kind(), PostcodeKind::Pseudo);
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcode {
    /// Capitals and figures, zero bytes after the end.
    text: [u8; 8],
    length: u8,
    kind: PostcodeKind,
}

impl Postcode {
    /// Reads a postcode in any case and spacing; O and 0, I and 1 are told apart by their place.
    ///
    /// # Errors
    /// `postcode/missing` (a note), `postcode/layout`, `postcode/letter`.
    pub fn parse(text: &str) -> Result<Postcode, Finding> {
        read(text).map(|(postcode, _)| postcode)
    }

    /// Reads the field of a record: as [`parse`](Postcode::parse), telling of repairs and of postcodes
    /// that are no place.
    pub fn parse_field(text: &str) -> Parsed<Postcode> {
        let mut repaired = false;
        let parsed = Parsed::from_text(text, |text| {
            let (postcode, repairs) = read(text)?;
            repaired = repairs > 0;
            Ok(postcode)
        });
        let kind = parsed.value().and_then(|postcode| match postcode.kind {
            PostcodeKind::Real => None,
            PostcodeKind::Pseudo => Some(finding(&PSEUDO)),
            PostcodeKind::StandIn if postcode.is_secured() => Some(finding(&SECURED)),
            PostcodeKind::StandIn => Some(finding(&STAND_IN)),
        });
        parsed.with(repaired.then_some(finding(&LETTER_FOR_FIGURE))).with(kind)
    }

    /// What it stands for.
    pub const fn kind(&self) -> PostcodeKind {
        self.kind
    }

    /// The postcode, if it names a place and so can be evidence.
    pub fn evidence(self) -> Option<Postcode> {
        (self.kind == PostcodeKind::Real).then_some(self)
    }

    /// Whether it is ZZZSECUR, which makes the whole record sensitive.
    pub fn is_secured(&self) -> bool {
        self.compact() == SECURED_TEXT
    }

    /// Without space: `LS14AP`.
    pub fn compact(&self) -> &str {
        self.first(usize::from(self.length))
    }

    /// The letters at the front: `LS`.
    pub fn area(&self) -> &str {
        let end = self.text.iter().position(|b| !b.is_ascii_uppercase()).unwrap_or(8);
        self.first(end)
    }

    /// The part before the space: `LS1`. The whole for BFPO numbers and stand-ins.
    pub fn district(&self) -> &str {
        self.first(self.outward_length())
    }

    /// The district and the figure after the space, without the space: `LS14`. The whole for BFPO
    /// numbers and stand-ins.
    pub fn sector(&self) -> &str {
        self.first(if self.is_whole() { usize::from(self.length) } else { self.outward_length() + 1 })
    }

    /// BFPO numbers and stand-ins have no inward part.
    fn is_whole(&self) -> bool {
        self.kind == PostcodeKind::StandIn || self.text.starts_with(BFPO)
    }

    fn outward_length(&self) -> usize {
        if self.is_whole() { usize::from(self.length) } else { usize::from(self.length) - 3 }
    }

    fn first(&self, length: usize) -> &str {
        std::str::from_utf8(&self.text[..length]).unwrap_or("")
    }

    fn new(text: &[u8], kind: PostcodeKind) -> Postcode {
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text);
        Postcode { text: bytes, length: text.len() as u8, kind }
    }
}

impl fmt::Display for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compact = self.compact();
        let outward = if self.text.starts_with(BFPO) { BFPO.len() } else { self.outward_length() };
        let (outward, inward) = compact.split_at(outward);
        if inward.is_empty() { f.write_str(outward) } else { write!(f, "{outward} {inward}") }
    }
}

/// Masked: a postcode in a log is a leak.
impl fmt::Debug for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postcode({:?}, ***)", self.kind)
    }
}

const BFPO: &[u8] = b"BFPO";
/// Stands for a postcode that is withheld.
pub(crate) const SECURED_TEXT: &str = "ZZZSECUR";

/// Legacy stand-ins.
const STAND_INS: [&str; 4] = [SECURED_TEXT, "NFA", "ANK", "ZZ99"];

fn finding(code: &'static Code) -> Finding {
    Finding::new(code, "postcode")
}

/// The postcode and how many characters were read as the other of O and 0, I and 1.
fn read(text: &str) -> Result<(Postcode, usize), Finding> {
    let mut bytes = [0u8; 8];
    let mut length = 0;
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        let c = crate::text::normalise::digit(c).map_or(c.to_ascii_uppercase(), |figure| (b'0' + figure) as char);
        if length == bytes.len() || !c.is_ascii() {
            return Err(unreadable(text));
        }
        bytes[length] = c as u8;
        length += 1;
    }
    let compact = &bytes[..length];
    if let Some(kind) = special_kind(compact) {
        return Ok((Postcode::new(compact, kind), 0));
    }
    if !(5 <= length && length <= 7) {
        return Err(unreadable(text));
    }
    // The fewest repairs win; two layouts that need equally many leave the postcode unread.
    let mut best: Option<([u8; 7], usize)> = None;
    let mut tied = false;
    for layout in LAYOUTS.iter().filter(|layout| layout.len() == length) {
        let Some((read, repairs)) = read_as(compact, layout.as_bytes()) else { continue };
        match best {
            Some((_, least)) if least < repairs => {}
            Some((_, least)) if least == repairs => tied = true,
            _ => (best, tied) = (Some((read, repairs)), false),
        }
    }
    match best {
        Some((read, repairs)) if !tied => Ok((Postcode::new(&read[..length], PostcodeKind::Real), repairs)),
        _ if LAYOUTS.iter().any(|layout| has_shape(compact, layout.as_bytes())) => Err(finding(&LETTER)),
        _ => Err(unreadable(text)),
    }
}

fn unreadable(text: &str) -> Finding {
    finding(if super::missing::says_missing(text) { &MISSING } else { &LAYOUT })
}

/// Texts that are recognised before the rules for letters, which most of them break.
fn special_kind(compact: &[u8]) -> Option<PostcodeKind> {
    if STAND_INS.iter().any(|stand_in| stand_in.as_bytes() == compact) {
        return Some(PostcodeKind::StandIn);
    }
    if compact == b"GIR0AA" {
        return Some(PostcodeKind::Real);
    }
    if let Some(number) = compact.strip_prefix(BFPO) {
        return (!number.is_empty() && number.iter().all(u8::is_ascii_digit)).then_some(PostcodeKind::Real);
    }
    match compact.strip_prefix(b"ZZ99")? {
        [figure, a, b] if figure.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase() => {
            Some(PostcodeKind::Pseudo)
        }
        _ => None,
    }
}

/// The layouts: `9` a figure; `A` the first letter, `B` the second, `C` the letter of A9A, `D` the letter
/// of AA9A, `E` an inward letter.
const LAYOUTS: [&str; 6] = ["A99EE", "A999EE", "A9C9EE", "AB99EE", "AB999EE", "AB9D9EE"];

/// The letters that stand in a place of a layout.
const fn letters_at(place: u8) -> &'static [u8] {
    match place {
        b'A' => b"ABCDEFGHIJKLMNOPRSTUWYZ",
        b'B' => b"ABCDEFGHKLMNOPQRSTUVWXY",
        b'C' => b"ABCDEFGHJKPSTUW",
        b'D' => b"ABEHMNPRVWXY",
        _ => b"ABDEFGHJLNPQRSTUWXYZ",
    }
}

/// The text read by a layout and the repairs it took, if it fits.
fn read_as(compact: &[u8], layout: &[u8]) -> Option<([u8; 7], usize)> {
    let mut read = [0; 7];
    let mut repairs = 0;
    for (index, (&byte, &place)) in compact.iter().zip(layout).enumerate() {
        let fits = |b: u8| if place == b'9' { b.is_ascii_digit() } else { letters_at(place).contains(&b) };
        let other = match byte {
            b'O' => b'0',
            b'0' => b'O',
            b'I' => b'1',
            b'1' => b'I',
            other => other,
        };
        read[index] = if fits(byte) {
            byte
        } else if fits(other) {
            repairs += 1;
            other
        } else {
            return None;
        };
    }
    // No district of two figures begins with 0, so a repair that makes one was none.
    let leading_zero =
        layout.len() > 5 && layout[layout.len() - 5..].starts_with(b"99") && read[layout.len() - 5] == b'0';
    (repairs == 0 || !leading_zero).then_some((read, repairs))
}

/// Whether letters and figures stand where the layout has them, whichever letters.
fn has_shape(compact: &[u8], layout: &[u8]) -> bool {
    compact.len() == layout.len()
        && compact.iter().zip(layout).all(|(byte, place)| byte.is_ascii_digit() == (*place == b'9'))
}
