//! Source systems: whom they hold, how well they record, and how they write.

use super::Profile;
use super::dice::Dice;

/// What a system is for, which decides whom it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Every child of one area.
    ChildHealth,
    /// Newborns, as notified and never updated.
    Maternity,
    /// Children of school age, as schools list them.
    School,
    /// Every child of one area up to the day on which another system took over.
    Legacy,
}

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateForm {
    /// 2019-07-31
    Iso,
    /// 31/07/2019
    Slashes,
    /// 31-Jul-2019
    MonthName,
    /// 20190731
    Compact,
}

/// How sex is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SexForm {
    /// M, F, U
    Letter,
    /// 1, 2, 0
    Code,
    /// Male, Female, Unknown
    Word,
}

/// How letters with marks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    Kept,
    /// Łucja as Lucja.
    Dropped,
    /// Łucja as ?ucja: the system could not hold the letter.
    Lost,
}

/// The bytes of a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16,
    Windows1252,
}

/// Which column names a file of its own has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// As design and documentation name them.
    Canonical,
    /// As hand-made exports have them: surname, forename, dob.
    Plain,
    /// As requests to the Personal Demographics Service have them.
    Tracing,
    /// As the immunisation batch file has them.
    Immunisation,
}

/// How a system writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) upper_case: bool,
    pub(super) marks: Marks,
    pub(super) date: DateForm,
    pub(super) sex: SexForm,
    pub(super) number_spaced: bool,
    pub(super) postcode_spaced: bool,
    /// Longer names are cut off.
    pub(super) name_width: usize,
    /// Holds number status, previous names and postcodes, property numbers.
    pub(super) detailed: bool,
    pub(super) encoding: Encoding,
    pub(super) delimiter: u8,
    pub(super) header: Header,
}

/// One source system.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The area of a child health system.
    pub(super) area: Option<usize>,
    /// Its place among the systems of its kind, and how many there are: the areas it serves.
    pub(super) share: (usize, usize),
    /// Multiplies the rates of slips.
    pub(super) quality: f64,
    /// Multiplies the rate of missing numbers.
    pub(super) number_missing: f64,
    pub(super) style: Style,
    /// Days between the extract and the end of the window.
    pub(super) extract_age: i32,
    /// Days between the first record and the end of the window, where the system took over from another.
    pub(super) opened_age: Option<i32>,
}

/// One in six systems is a maternity feed, one a school list.
const MERGED: &[Kind] =
    &[Kind::ChildHealth, Kind::ChildHealth, Kind::Maternity, Kind::ChildHealth, Kind::School, Kind::ChildHealth];
/// Each area has an old system and the one that took over.
const MIGRATED: &[Kind] = &[Kind::ChildHealth, Kind::Legacy];

impl Source {
    /// The systems of one run.
    pub(super) fn plan(profile: Profile, sources: usize, dice: &mut Dice) -> Vec<Source> {
        let kinds = match profile {
            Profile::Standard => MERGED,
            Profile::Migration => MIGRATED,
        };
        let kind_of = |index: usize| kinds[index % kinds.len()];
        (0..sources)
            .map(|index| {
                let kind = kind_of(index);
                let count = |upto: usize| (0..upto).filter(|&other| kind_of(other) == kind).count();
                let share = (count(index), count(sources));
                let word = match kind {
                    Kind::ChildHealth => "chis",
                    Kind::Maternity => "maternity",
                    Kind::School => "school",
                    Kind::Legacy => "legacy",
                };
                let taken_over = 700 + 97 * share.0 as i32 % 900;
                let migrated = profile == Profile::Migration;
                Source {
                    name: format!("{word}-{:02}", index + 1),
                    kind,
                    area: matches!(kind, Kind::ChildHealth | Kind::Legacy).then_some(share.0),
                    share,
                    quality: [1.0, 0.6, 1.0, 1.5, 1.3, 0.8][index % 6],
                    number_missing: [0.9, 0.5, 0.8, 1.4, 2.2, 0.8][index % 6],
                    style: Style::of(index, dice),
                    extract_age: if kind == Kind::Legacy { taken_over } else { dice.between(0, 45) },
                    opened_age: (migrated && kind == Kind::ChildHealth).then_some(taken_over),
                }
            })
            .collect()
    }
}

impl Style {
    fn of(index: usize, dice: &mut Dice) -> Style {
        let at = index % 6;
        Style {
            upper_case: matches!(at, 1 | 3),
            marks: [Marks::Kept, Marks::Dropped, Marks::Dropped, Marks::Lost, Marks::Kept, Marks::Dropped][at],
            date: [
                DateForm::Iso,
                DateForm::Slashes,
                DateForm::MonthName,
                DateForm::Compact,
                DateForm::Slashes,
                DateForm::Iso,
            ][at],
            sex: [SexForm::Letter, SexForm::Code, SexForm::Word][dice.below(3)],
            number_spaced: matches!(at, 1 | 4),
            postcode_spaced: at != 3,
            name_width: [35, 35, 40, 20, 35, 30][at],
            detailed: matches!(at, 0 | 1 | 5),
            encoding: [
                Encoding::Utf8,
                Encoding::Windows1252,
                Encoding::Utf16,
                Encoding::Windows1252,
                Encoding::Utf8WithMark,
                Encoding::Utf8,
            ][at],
            delimiter: [b',', b'|', b'\t', b',', b';', b','][at],
            header: [
                Header::Canonical,
                Header::Plain,
                Header::Canonical,
                Header::Tracing,
                Header::Immunisation,
                Header::Canonical,
            ][at],
        }
    }
}
