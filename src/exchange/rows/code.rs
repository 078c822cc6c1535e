//! What there is to tell of rows and inputs.

use crate::error::{Code, Severity};

/// The bytes of the row do not stand for text.
pub static UNDECODABLE: Code = Code::new(
    "row/undecodable",
    Severity::Fault,
    "the row cannot be decoded as text",
    "export the file again as UTF-8, or correct the row",
);
/// The row has more or fewer fields than the header.
pub static FIELD_COUNT: Code = Code::new(
    "row/field-count",
    Severity::Fault,
    "the row has more or fewer fields than the header",
    "look for a stray or missing delimiter in the row",
);
/// The row is the header once more.
pub static HEADER_REPEATED: Code = Code::new(
    "row/header-repeated",
    Severity::Fault,
    "the row is the header once more, as where files were put one behind the other",
    "nothing to do if each file was whole; childlink reads several files as they are",
);
/// The row opens a quote that has no end.
pub static UNBALANCED_QUOTE: Code = Code::new(
    "row/unbalanced-quote",
    Severity::Fault,
    "the row has a quotation mark without its partner",
    "double the quotation mark in the field or remove it",
);
/// The row has no record id.
pub static NO_RECORD_ID: Code = Code::new(
    "row/no-record-id",
    Severity::Fault,
    "the row has no record id",
    "give the record the id that its source system knows it by",
);
/// A field holds characters of code zero.
pub static NUL_CHARACTER: Code = Code::new(
    "row/nul-character",
    Severity::Warning,
    "the row holds characters of code zero, which were left out",
    "check how the source system pads its fields",
);
/// The input has a header but no row.
pub static NO_ROWS: Code =
    Code::new("input/no-rows", Severity::Warning, "there is no row below the header", "check that the export finished");
/// A source column of several names in an input that was given one source.
pub static SOURCE_OVERRIDDEN: Code = Code::new(
    "columns/source-overridden",
    Severity::Warning,
    "the source column names several systems, but all rows were taken as those of the one source that the input was given",
    "leave out the name of the source if the file holds several: one id of two systems now counts as one record",
);
/// A column that no spelling list knows.
pub static UNKNOWN_COLUMN: Code = Code::new(
    "columns/unknown",
    Severity::Note,
    "columns that are not known were not read",
    "name them with --keep to hand them on, or give their meaning with --columns FILE",
);
/// A second column for one canonical column.
pub static PASSED_OVER: Code = Code::new(
    "columns/passed-over",
    Severity::Warning,
    "columns were not used because another column has the same meaning",
    "choose the column to use with --columns FILE",
);
