//! The file that answers, row by row.

use super::layout::Layout;
use crate::error::{Code, Error, Severity};
use crate::identity::nhs_number::NhsNumber;
use crate::identity::sensitive::Sensitivity;
use csv::{ByteRecord, ReaderBuilder};
use std::io::Read;

/// Too many or too few fields.
pub static FIELD_COUNT: Code = Code::new(
    "trace/field-count",
    Severity::Fault,
    "the row of the response has more or fewer fields than the layout says",
    "check the layout against the service's specification (childlink trace --layout FILE)",
);
/// A code that nobody has told us about.
pub static UNKNOWN_CODE: Code = Code::new(
    "trace/unknown-code",
    Severity::Fault,
    "the row has a response code that is not known; nothing was applied",
    "look the code up in the service's specification and decide by hand",
);
/// Code and number do not fit together.
pub static INCONSISTENT: Code = Code::new(
    "trace/inconsistent",
    Severity::Fault,
    "the response code and the number found do not fit together; nothing was applied",
    "ask the national service, or trace the record again",
);
/// The number found is none.
pub static BAD_NUMBER: Code = Code::new(
    "trace/number-not-valid",
    Severity::Fault,
    "the number found is no valid NHS number; nothing was applied",
    "check that the response is whole and that the layout is right",
);
/// No such question.
pub static UNKNOWN_REFERENCE: Code = Code::new(
    "trace/unknown-reference",
    Severity::Fault,
    "the row answers no question of this request",
    "check that request and response belong together",
);
/// Two answers that differ.
pub static TWO_ANSWERS: Code = Code::new(
    "trace/two-answers",
    Severity::Fault,
    "the response answers one question in two ways; none was applied",
    "trace the record again",
);

/// Every code of this module, for listing.
pub static CODES: &[&Code] =
    &[&FIELD_COUNT, &UNKNOWN_CODE, &INCONSISTENT, &BAD_NUMBER, &UNKNOWN_REFERENCE, &TWO_ANSWERS];

/// What a response code says.
///
/// # Source
/// PDS MESH data dictionary, as quoted in the Person_ID Handbook and NHSISL OLIDS: codes 00 and 90 to 98.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerCode {
    /// 00: a match.
    Match,
    /// 90: the number asked about was merged into another; the details are those of the other.
    Superseded,
    /// 91: the record was invalidated; its details are suppressed.
    Invalid,
    /// 92: sensitive; where the person lives is withheld.
    Sensitive,
    /// 95: under investigation by the service.
    Business,
    /// 96: too little to decide by.
    NotEnough,
    /// 97: several that are nearly as good.
    Several,
    /// 98: nobody.
    NotFound,
}

impl AnswerCode {
    /// The meaning of two figures.
    pub fn parse(text: &str) -> Option<AnswerCode> {
        Some(match text.trim() {
            "00" | "0" => AnswerCode::Match,
            "90" => AnswerCode::Superseded,
            "91" => AnswerCode::Invalid,
            "92" => AnswerCode::Sensitive,
            "95" => AnswerCode::Business,
            "96" => AnswerCode::NotEnough,
            "97" => AnswerCode::Several,
            "98" => AnswerCode::NotFound,
            _ => return None,
        })
    }

    /// The two figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            AnswerCode::Match => "00",
            AnswerCode::Superseded => "90",
            AnswerCode::Invalid => "91",
            AnswerCode::Sensitive => "92",
            AnswerCode::Business => "95",
            AnswerCode::NotEnough => "96",
            AnswerCode::Several => "97",
            AnswerCode::NotFound => "98",
        }
    }
}

/// The number in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// 0000000000, or nothing.
    Nobody,
    /// 9999999999.
    Several,
    /// A valid number.
    Number(NhsNumber),
}

/// One answer. Where the person lives was left out when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The row of the response, from 1.
    pub row: u64,
    /// Which question it answers.
    pub reference: String,
    /// What it says.
    pub code: AnswerCode,
    /// The number found.
    pub found: Found,
    /// Names, sex and birth date as the service has them.
    pub family_name: String,
    /// See `family_name`.
    pub given_name: String,
    /// See `family_name`.
    pub sex: String,
    /// See `family_name`.
    pub birth_date: String,
    /// The sensitivity flag of the answer.
    pub sensitivity: Sensitivity,
    /// The step that was tried last: 1 cross-check, 3 (or 2) alphanumeric, 4 algorithmic.
    pub step: u8,
    /// The mean of the algorithmic scores in hundredths of a per cent; 100 from the other steps.
    pub confidence: Option<u32>,
}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAsideAnswer {
    /// The row of the response, from 1.
    pub row: u64,
    /// Why.
    pub reason: &'static Code,
    /// The row without what tells where somebody lives.
    pub raw: String,
    /// The question that it answers, as far as it tells.
    pub reference: String,
    /// Whether it says that somebody is sensitive, or has a code that nobody knows, which may say so.
    pub sensitive: bool,
}

/// Reads a response. Rows that cannot be used are set aside, with their reason, and without whereabouts.
///
/// # Errors
/// `trace/unreadable` if the file breaks off.
pub fn read_answers(response: impl Read, layout: &Layout) -> Result<(Vec<Answer>, Vec<SetAsideAnswer>), Error> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(response);
    let (mut answers, mut aside) = (Vec::new(), Vec::new());
    let mut record = ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).map_err(|cause| {
        Error::new("trace/unreadable", format!("the response cannot be read: {cause}"), "fetch it again")
    })? {
        row += 1;
        let heading = record.get(layout.response.reference).unwrap_or_default();
        if row == 1 && layout.request_columns().any(|(name, _)| heading == name.as_bytes()) {
            continue;
        }
        match understand(&record, row, layout) {
            Ok(answer) => answers.push(answer),
            Err(reason) => {
                let text = |place: usize| String::from_utf8_lossy(record.get(place).unwrap_or_default());
                let flag = Sensitivity::parse(&text(layout.response.sensitivity)).0;
                let whole = record.len() == layout.response.columns;
                let code = AnswerCode::parse(&text(layout.response.code));
                aside.push(SetAsideAnswer {
                    row,
                    reason,
                    raw: without_whereabouts(&record, layout),
                    reference: text(layout.response.reference).trim().to_owned(),
                    sensitive: whole
                        && (flag == Sensitivity::Sensitive || matches!(code, None | Some(AnswerCode::Sensitive))),
                });
            }
        }
    }
    Ok((answers, aside))
}

fn understand(record: &ByteRecord, row: u64, layout: &Layout) -> Result<Answer, &'static Code> {
    let places = &layout.response;
    if record.len() != places.columns {
        return Err(&FIELD_COUNT);
    }
    let text = |place: usize| String::from_utf8_lossy(record.get(place).unwrap_or_default()).trim().to_owned();
    let code = AnswerCode::parse(&text(places.code)).ok_or(&UNKNOWN_CODE)?;
    let number = text(places.nhs_number);
    let found = match number.as_str() {
        "" | "0000000000" => Found::Nobody,
        "9999999999" => Found::Several,
        figures => NhsNumber::parse(figures).map(Found::Number).map_err(|_| &BAD_NUMBER)?,
    };
    let confidence = text(places.confidence).parse::<f64>().ok().filter(|mean| (0.0..=100.0).contains(mean));
    Ok(Answer {
        row,
        reference: text(places.reference),
        code,
        found,
        family_name: text(places.family_name),
        given_name: text(places.given_name),
        sex: text(places.sex),
        birth_date: text(places.birth_date),
        sensitivity: Sensitivity::parse(&text(places.sensitivity)).0,
        step: text(places.step).parse().unwrap_or(0),
        confidence: confidence.map(|mean| (mean * 100.0).round() as u32),
    })
}

/// What is kept of a row that cannot be used. A code that is not known may stand for a new kind of sensitive record, so
/// whereabouts are left out of every row, and of a row of another length everything but its first field.
pub(super) fn without_whereabouts(record: &ByteRecord, layout: &Layout) -> String {
    let whole = record.len() == layout.response.columns;
    let shown = |place: usize| {
        if whole { !layout.response.whereabouts.contains(&place) } else { place == layout.response.reference }
    };
    let fields = record.iter().enumerate().map(|(place, field)| match field {
        [] => String::new(),
        field if shown(place) => crate::exchange::linked::readable(field),
        _ => crate::exchange::linked::WITHHELD.to_owned(),
    });
    fields.collect::<Vec<_>>().join(",")
}
