//! NHS numbers of England, Wales and the Isle of Man: check digit, ranges, status, display.

mod batch;
mod status;

pub use batch::{check_packed, check_whole};
pub use status::{NhsNumberStatus, STATUS_UNKNOWN};

use super::field::Parsed;
use super::ten_digits::{self, TenDigits};
use crate::error::{Code, Finding, Severity};
use std::fmt;

/// Words stand where the number should be.
pub static UNALLOCATED: Code = Code::new(
    "nhs-number/unallocated",
    Severity::Note,
    "words stand for a missing number",
    "nothing to do; the field counts as missing",
);
/// 0000000000 or 9999999999.
pub static TRACE_OUTCOME: Code = Code::new(
    "nhs-number/trace-outcome",
    Severity::Note,
    "the figures say that tracing found no person, or several",
    "trace the record again; the field counts as missing",
);
/// `9.43477E+09`.
pub static SCIENTIFIC: Code = Code::new(
    "nhs-number/scientific-notation",
    Severity::Fault,
    "a spreadsheet turned the number into powers of ten and its last figures are lost",
    "export the source again with the column as text",
);
/// A decimal part of zeros.
pub static DECIMAL: Code = Code::new(
    "nhs-number/decimal-part",
    Severity::Warning,
    "the number carries a decimal part of zeros, as a spreadsheet or database column of numbers writes it",
    "export the source again with the column as text, so that leading zeros are not lost",
);
/// Nine figures.
pub static NINE_DIGITS: Code = Code::new(
    "nhs-number/nine-digits",
    Severity::Fault,
    "the number has nine figures; a leading zero may have been lost",
    "go back to the source record; a number with a leading zero is Scottish (CHI)",
);
/// Neither nine nor ten figures.
pub static LENGTH: Code = Code::new(
    "nhs-number/length",
    Severity::Fault,
    "the number does not have ten figures",
    "go back to the source record",
);
/// Signs that no number holds.
pub static CHARACTERS: Code = Code::new(
    "nhs-number/characters",
    Severity::Fault,
    "the number holds characters other than figures, spaces and hyphens",
    "go back to the source record",
);
/// Letters and figures as issued before 1996.
pub static OLD_FORMAT: Code = Code::new(
    "nhs-number/old-format",
    Severity::Fault,
    "the number has letters, as issued before 1996",
    "keep it as the old number and trace the person for the ten-figure number",
);
/// Ten equal figures.
pub static REPEATED_DIGIT: Code = Code::new(
    "nhs-number/repeated-digit",
    Severity::Fault,
    "all ten figures are the same",
    "go back to the source record; such numbers are typed to get past a form",
);
/// Modulus 11 fails.
pub static CHECK_DIGIT: Code = Code::new(
    "nhs-number/check-digit",
    Severity::Fault,
    "the check digit does not agree with the other nine figures",
    "go back to the source record",
);
/// A stem that begins with a date.
pub static CHI_RANGE: Code = Code::new(
    "nhs-number/chi-range",
    Severity::Warning,
    "the number begins with a date of birth, as Scottish CHI numbers do",
    "check that it is not a CHI number in the wrong column",
);
/// 320 000 001 to 399 999 999.
pub static HEALTH_CARE_RANGE: Code = Code::new(
    "nhs-number/health-and-care-range",
    Severity::Warning,
    "the number lies in the range of Northern Ireland's Health and Care Number",
    "check that it is not a Health and Care Number in the wrong column",
);
/// 9xx and 5xx.
pub static TEST_RANGE: Code = Code::new(
    "nhs-number/test-range",
    Severity::Warning,
    "the number lies in a range used only for testing",
    "check that test records have not been mixed with real ones",
);
/// Spare and foreign ranges.
pub static UNISSUED_RANGE: Code = Code::new(
    "nhs-number/unissued-range",
    Severity::Warning,
    "the number lies in a range not known to be issued in England, Wales or the Isle of Man",
    "check the number against the source record",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] = &[
    &UNALLOCATED,
    &TRACE_OUTCOME,
    &SCIENTIFIC,
    &DECIMAL,
    &NINE_DIGITS,
    &LENGTH,
    &CHARACTERS,
    &OLD_FORMAT,
    &REPEATED_DIGIT,
    &CHECK_DIGIT,
    &CHI_RANGE,
    &HEALTH_CARE_RANGE,
    &TEST_RANGE,
    &UNISSUED_RANGE,
    &STATUS_UNKNOWN,
];

/// A ten-figure number whose check digit agrees. *Valid* only: whether it is the right person's is
/// told by [`NhsNumberStatus`].
///
/// # Source
/// NHS Data Model and Dictionary, attribute NHS NUMBER (release of August 2021): Modulus 11. Ten equal
/// figures pass it and are excluded as by the HES patient identifier methodology (NHS Information
/// Centre). Display 3-3-4: ISB 0149 (Amd 136/2010), NHS Number Standard.
///
/// # Examples
/// ```
/// use childlink::identity::nhs_number::NhsNumber;
/// let number = NhsNumber::parse("943-476-5919")?;
/// assert_eq!(number.to_string(), "943 476 5919");
/// assert_eq!(number.digits(), 9_434_765_919);
/// assert_eq!(NhsNumber::parse("9434765918").unwrap_err().code.id, "nhs-number/check-digit");
/// assert_eq!(NhsNumber::parse("1111111111").unwrap_err().code.id, "nhs-number/repeated-digit");
/// # Ok::<(), childlink::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NhsNumber(u64);

impl NhsNumber {
    /// Reads ten figures; white space, hyphens and full-width figures are taken for what they are.
    ///
    /// # Errors
    /// One of the codes of this module. `nhs-number/unallocated` and `nhs-number/trace-outcome` (notes)
    /// mean that the text says there is no number. No error ever offers a corrected number.
    pub fn parse(text: &str) -> Result<NhsNumber, Finding> {
        let number = match TenDigits::parse(text) {
            Ok(number) => number,
            Err(ten_digits::Unreadable::Length { figures: 0, .. }) => return Err(finding(&UNALLOCATED)),
            Err(ten_digits::Unreadable::Length { figures: 9, .. }) => return Err(finding(&NINE_DIGITS)),
            Err(ten_digits::Unreadable::Length { .. }) => return Err(finding(&LENGTH)),
            Err(ten_digits::Unreadable::Character { position }) => return Err(not_figures(text, position)),
        };
        if number.is_repeated_digit() {
            let outcome = matches!(number.whole(), 0 | 9_999_999_999);
            return Err(finding(if outcome { &TRACE_OUTCOME } else { &REPEATED_DIGIT }));
        }
        if !number.passes_modulus_11() {
            return Err(finding(&CHECK_DIGIT));
        }
        Ok(NhsNumber(number.whole()))
    }

    /// Reads the field of a record: as [`parse`](NhsNumber::parse), with advice on the range.
    pub fn parse_field(text: &str) -> Parsed<NhsNumber> {
        let whole = split_decimal_zeros(text.trim());
        let parsed = Parsed::from_text(text, |text| NhsNumber::parse(whole.unwrap_or(text)));
        let Some(&number) = parsed.value() else { return parsed };
        parsed.with(whole.map(|_| finding(&DECIMAL))).with(number.advice())
    }

    /// The number with these ten figures, if it is valid.
    ///
    /// ```
    /// use childlink::identity::nhs_number::NhsNumber;
    /// assert!(NhsNumber::from_digits(9_434_765_919).is_some());
    /// assert!(NhsNumber::from_digits(9_434_765_910).is_none());
    /// ```
    pub fn from_digits(digits: u64) -> Option<NhsNumber> {
        let number = TenDigits::from_whole(digits)?;
        (number.passes_modulus_11() && !number.is_repeated_digit()).then_some(NhsNumber(digits))
    }

    /// The ten figures as a whole number, at most 9 999 999 999 (34 bits).
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// Who issues numbers of this range. Advice: the check digit is the rule.
    pub fn range(self) -> NumberRange {
        NumberRange::of_stem(self.0 / 10)
    }

    /// What the range suggests, if it suggests trouble.
    pub fn advice(self) -> Option<Finding> {
        match self.range() {
            NumberRange::EnglandWalesIsleOfMan => None,
            NumberRange::Scotland => Some(finding(&CHI_RANGE)),
            NumberRange::NorthernIreland => Some(finding(&HEALTH_CARE_RANGE)),
            NumberRange::InternalTest | NumberRange::Test => Some(finding(&TEST_RANGE)),
            NumberRange::Unused | NumberRange::Ireland | NumberRange::Spare => Some(finding(&UNISSUED_RANGE)),
        }
    }
}

/// Whether no issuable number lies between two, by their ten digits.
pub(crate) fn are_adjacent(one: u64, other: u64) -> bool {
    let (low, high) = (one.min(other) / 10, one.max(other) / 10);
    // No two stems in a row are without a check digit, so that a step of more than two has a number within.
    low < high && high - low <= 2 && (low + 1..high).all(|stem| !ten_digits::is_usable_stem(stem))
}

impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ten_digits::write_3_3_4(self.0, f)
    }
}

/// Masked: a number in a log is a leak.
impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(***)")
    }
}

/// Who issues a range of ten-figure numbers, by the first nine figures.
///
/// # Source
/// NHS Data Model and Dictionary, HEALTH AND CARE NUMBER (August 2024) for Northern Ireland; the rest
/// from the documentation of the uk-fci nhs-number library 1.3.6 (July 2025), secondary and in part
/// unconfirmed. That is why a range is advice and never a reason to reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberRange {
    /// Below 010 000 000, and 311 300 000 to 320 000 000: no date, so no CHI number, and not issued.
    Unused,
    /// 010 000 000 to 311 299 999: Community Health Index; begins DDMMYY.
    Scotland,
    /// 320 000 001 to 399 999 999: Health and Care Number.
    NorthernIreland,
    /// 400 000 000 to 499 999 999 and 600 000 000 to 799 999 999.
    EnglandWalesIsleOfMan,
    /// 500 000 000 to 599 999 999: kept for testing of the national systems.
    InternalTest,
    /// 800 000 000 to 859 999 999: core of the Irish Individual Health Identifier.
    Ireland,
    /// 860 000 000 to 899 999 999.
    Spare,
    /// 900 000 000 to 999 999 999: never issued; test data.
    Test,
}

impl NumberRange {
    fn of_stem(stem: u64) -> NumberRange {
        match stem {
            10_000_000..=311_299_999 => NumberRange::Scotland,
            320_000_001..=399_999_999 => NumberRange::NorthernIreland,
            400_000_000..=499_999_999 | 600_000_000..=799_999_999 => NumberRange::EnglandWalesIsleOfMan,
            500_000_000..=599_999_999 => NumberRange::InternalTest,
            800_000_000..=859_999_999 => NumberRange::Ireland,
            860_000_000..=899_999_999 => NumberRange::Spare,
            900_000_000.. => NumberRange::Test,
            _ => NumberRange::Unused,
        }
    }
}

fn finding(code: &'static Code) -> Finding {
    Finding::new(code, "nhs_number")
}

/// What a text is that holds more than figures, spaces and hyphens.
fn not_figures(text: &str, position: u32) -> Finding {
    let text = text.trim();
    if super::missing::says_missing(text) {
        finding(&UNALLOCATED)
    } else if is_scientific(text) {
        finding(&SCIENTIFIC)
    } else if is_old_format(text) {
        finding(&OLD_FORMAT)
    } else {
        finding(&CHARACTERS).at(position)
    }
}

/// `9.43477E+09`: figures with a point or comma, then E and an exponent.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let digits_or_point = |b: u8| b.is_ascii_digit() || b == b'.' || b == b',';
    mantissa.bytes().any(|b| b.is_ascii_digit())
        && mantissa.bytes().all(digits_or_point)
        && !exponent.is_empty()
        && exponent.bytes().all(|b| b.is_ascii_digit())
}

/// Letters and figures with the separators of registers (slash, colon, hyphen, point, space). At least
/// 21 layouts are catalogued, so only the alphabet is tested.
fn is_old_format(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic())
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" /:-.".contains(&b))
}

/// The text before a decimal part of zeros (`9434765919.0`), which loses nothing.
fn split_decimal_zeros(text: &str) -> Option<&str> {
    let (whole, part) = text.split_once('.')?;
    (!part.is_empty() && part.bytes().all(|b| b == b'0')).then_some(whole)
}
