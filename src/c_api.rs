//! The C shell: opaque handles, explicit lengths, no global state, no unwinding across the boundary.
//!
//! Text goes in as UTF-8 bytes with a length and need not end in zero. Results come out as a
//! [`ChildlinkText`] of JSON in the shapes that the JavaScript package hands out, to be freed by the caller.
//! A function that can fail answers null and, where the caller gave a place for it, a [`ChildlinkError`].
//! Columns of values go in as in Apache Arrow: the bytes of all values, and offsets, one more than values.

#![allow(unsafe_code, reason = "a C interface hands over raw pointers; each use states what the caller promises")]

use crate::date::Date;
use crate::error::{Error, Finding};
use crate::identity::column::Column;
use crate::identity::nhs_number::{NhsNumber, check_whole};
use crate::identity::person::Person;
use crate::identity::raw::{DateOrder, RawFields};
use crate::shape::record::{NormalisedShape, State, ValidationShape, entries};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes that childlink owns until they are freed: JSON in UTF-8, not ending in zero.
pub struct ChildlinkText(Vec<u8>);

/// A column of comparison forms, as three buffers.
pub struct ChildlinkColumn {
    states: Vec<u8>,
    bytes: Vec<u8>,
    offsets: Vec<u32>,
}

/// Why a call failed.
pub struct ChildlinkError {
    code: Vec<u8>,
    message: Vec<u8>,
    hint: Vec<u8>,
    field: Vec<u8>,
}

/// How written dates are read. A null pointer to it means day before month, and no date to judge by.
#[repr(C)]
pub struct ChildlinkOptions {
    /// The date on which records are judged, `YYYY-MM-DD`; null for none.
    pub as_at: *const u8,
    /// Its length in bytes.
    pub as_at_length: usize,
    /// Whether the source writes the month before the day.
    pub month_first: bool,
}

/// The version of the library, ending in zero; never freed.
#[unsafe(no_mangle)]
pub extern "C" fn childlink_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The bytes of a text; null for null.
///
/// # Safety
/// `text` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_text_bytes(text: *const ChildlinkText) -> *const u8 {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { text.as_ref() }.map_or(std::ptr::null(), |text| text.0.as_ptr())
}

/// The length of a text in bytes; 0 for null.
///
/// # Safety
/// `text` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_text_length(text: *const ChildlinkText) -> usize {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { text.as_ref() }.map_or(0, |text| text.0.len())
}

/// Frees a text; nothing for null.
///
/// # Safety
/// `text` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_text_free(text: *mut ChildlinkText) {
    if !text.is_null() {
        // SAFETY: by the caller's promise it came from `Box::into_raw` here and is freed once.
        drop(unsafe { Box::from_raw(text) });
    }
}

/// One part of an error as bytes ending in zero, valid until the error is freed: its stable code.
///
/// # Safety
/// `error` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_error_code(error: *const ChildlinkError) -> *const c_char {
    // SAFETY: handed on from the caller.
    unsafe { part(error, |error| &error.code) }
}

/// What was found and where, ending in zero; null for null.
///
/// # Safety
/// `error` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_error_message(error: *const ChildlinkError) -> *const c_char {
    // SAFETY: handed on from the caller.
    unsafe { part(error, |error| &error.message) }
}

/// What to do next, ending in zero; null for null.
///
/// # Safety
/// `error` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_error_hint(error: *const ChildlinkError) -> *const c_char {
    // SAFETY: handed on from the caller.
    unsafe { part(error, |error| &error.hint) }
}

/// The column or argument concerned, ending in zero, empty if there is none; null for null.
///
/// # Safety
/// `error` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_error_field(error: *const ChildlinkError) -> *const c_char {
    // SAFETY: handed on from the caller.
    unsafe { part(error, |error| &error.field) }
}

/// Frees an error; nothing for null.
///
/// # Safety
/// `error` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_error_free(error: *mut ChildlinkError) {
    if !error.is_null() {
        // SAFETY: by the caller's promise it came from `Box::into_raw` here and is freed once.
        drop(unsafe { Box::from_raw(error) });
    }
}

/// Whether the text is a valid NHS number. False for null and for bytes that are no UTF-8.
///
/// # Safety
/// `text` points to `length` bytes, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_is_nhs_number(text: *const u8, length: usize) -> bool {
    // SAFETY: handed on from the caller.
    let text = unsafe { utf8(text, length, "text") };
    text.is_ok_and(|text| catch_unwind(|| NhsNumber::parse(text).is_ok()).unwrap_or(false))
}

/// Checks `count` NHS numbers held as whole numbers; sets each byte of `valid` to 1 or 0 and answers how
/// many are valid. Does nothing and answers 0 if either pointer is null.
///
/// # Safety
/// `numbers` points to `count` numbers and `valid` to `count` bytes, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_check_nhs_numbers(numbers: *const u64, count: usize, valid: *mut bool) -> usize {
    if numbers.is_null() || valid.is_null() {
        return 0;
    }
    // SAFETY: both hold `count` elements by the caller's promise; a `bool` is written before it is read,
    // since the slice is zeroed first.
    let (numbers, valid) = unsafe {
        std::ptr::write_bytes(valid.cast::<u8>(), 0, count);
        (std::slice::from_raw_parts(numbers, count), std::slice::from_raw_parts_mut(valid, count))
    };
    check_whole(numbers, valid)
}

/// Brings `count` values of one canonical column to their comparison form. The column's name ends in zero;
/// the values lie one after the other in `bytes`, value n from `offsets[n]` to `offsets[n + 1]`.
///
/// # Safety
/// `column` ends in zero; `offsets` points to `count + 1` numbers and `bytes` to as many bytes as the last of
/// them says; `options` is null or valid; `error` is null or points to a place for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_normalise_column(
    column: *const c_char,
    bytes: *const u8,
    offsets: *const u32,
    count: usize,
    options: *const ChildlinkOptions,
    error: *mut *mut ChildlinkError,
) -> *mut ChildlinkColumn {
    // SAFETY: handed on from the caller.
    let (column, offsets, dates) =
        unsafe { (name(column), slice(offsets, count + 1, "offsets"), date_options(options)) };
    let length = offsets.as_ref().map_or(0, |offsets| offsets[count] as usize);
    // SAFETY: the caller promises as many bytes as the last offset says.
    let bytes = unsafe { slice(bytes, length, "bytes") };
    let work = || ChildlinkColumn::normalise(column?, bytes?, offsets?, dates?);
    // SAFETY: handed on from the caller.
    unsafe { answer(error, work) }
}

/// What each value of a column turned out to be, `count` bytes: 0 absent, 1 invalid, 2 valid. Null for null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_states(column: *const ChildlinkColumn) -> *const u8 {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { column.as_ref() }.map_or(std::ptr::null(), |column| column.states.as_ptr())
}

/// The comparison forms one after the other in UTF-8; those of values that are not valid are empty. Null for
/// null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_bytes(column: *const ChildlinkColumn) -> *const u8 {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { column.as_ref() }.map_or(std::ptr::null(), |column| column.bytes.as_ptr())
}

/// Where each comparison form begins in the bytes, and where the last ends: `count + 1` numbers. Null for null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_offsets(column: *const ChildlinkColumn) -> *const u32 {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { column.as_ref() }.map_or(std::ptr::null(), |column| column.offsets.as_ptr())
}

/// Frees a column; nothing for null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_free(column: *mut ChildlinkColumn) {
    if !column.is_null() {
        // SAFETY: by the caller's promise it came from `Box::into_raw` here and is freed once.
        drop(unsafe { Box::from_raw(column) });
    }
}

/// Checks a record, given as a JSON object of text by canonical column; answers its validation as JSON.
///
/// # Safety
/// `record` points to `length` bytes; `options` is null or valid; `error` is null or points to a place for
/// an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_validate_record(
    record: *const u8,
    length: usize,
    options: *const ChildlinkOptions,
    error: *mut *mut ChildlinkError,
) -> *mut ChildlinkText {
    // SAFETY: handed on from the caller.
    let (record, dates) = unsafe { (utf8(record, length, "record"), date_options(options)) };
    let work = || {
        let (person, findings) = parse_record(record?, dates?)?;
        text(&ValidationShape::new(&person, &findings))
    };
    // SAFETY: handed on from the caller.
    unsafe { answer(error, work) }
}

/// Brings a record, given as a JSON object of text by canonical column, to its comparison form, as JSON.
///
/// # Safety
/// `record` points to `length` bytes; `options` is null or valid; `error` is null or points to a place for
/// an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_normalise_record(
    record: *const u8,
    length: usize,
    options: *const ChildlinkOptions,
    error: *mut *mut ChildlinkError,
) -> *mut ChildlinkText {
    // SAFETY: handed on from the caller.
    let (record, dates) = unsafe { (utf8(record, length, "record"), date_options(options)) };
    let work = || {
        let (person, findings) = parse_record(record?, dates?)?;
        text(&NormalisedShape::new(&person, &findings))
    };
    // SAFETY: handed on from the caller.
    unsafe { answer(error, work) }
}

/// How dates are read, and the date by which records are judged.
type Dates = (DateOrder, Option<Date>);

impl ChildlinkColumn {
    fn normalise(column: &str, bytes: &[u8], offsets: &[u32], (order, as_at): Dates) -> Result<ChildlinkColumn, Error> {
        let column = known_column(column)?;
        let mut normalised = ChildlinkColumn { states: Vec::new(), bytes: Vec::new(), offsets: vec![0] };
        for (value, ends) in offsets.windows(2).enumerate() {
            let bytes = bytes.get(ends[0] as usize..ends[1] as usize).ok_or_else(|| {
                Error::new(
                    "argument/offsets",
                    format!("the offsets of value {value} do not ascend"),
                    "give where each value begins",
                )
            })?;
            let text = std::str::from_utf8(bytes).map_err(|_| not_utf8(&format!("value {value}")))?;
            let mut raw = RawFields::new();
            raw.set(column, text);
            let (person, _) = Person::parse(&raw, order, as_at);
            let entry = entries(&person).into_iter().find(|entry| entry.column == column).ok_or_else(|| {
                Error::new(
                    "argument/unchecked-column",
                    format!("the column {} is not checked by itself", column.name()),
                    "give a column that holds one field; records as a whole are checked by childlink_validate_record",
                )
            })?;
            normalised.states.push(match entry.state {
                State::Absent => 0,
                State::Invalid => 1,
                State::Valid => 2,
            });
            normalised.bytes.extend_from_slice(entry.value.unwrap_or_default().as_bytes());
            let end = u32::try_from(normalised.bytes.len()).map_err(|_| {
                Error::new(
                    "argument/too-long",
                    "the comparison forms take more than 4 GiB",
                    "give fewer values at once",
                )
            })?;
            normalised.offsets.push(end);
        }
        Ok(normalised)
    }
}

fn parse_record(record: &str, (order, as_at): Dates) -> Result<(Person, Vec<Finding>), Error> {
    let fields: BTreeMap<String, Option<String>> = serde_json::from_str(record).map_err(|fault| {
        Error::new(
            "argument/not-record",
            format!(
                "the record is no JSON object of text by column (line {}, column {})",
                fault.line(),
                fault.column()
            ),
            "write for example {\"nhs_number\": \"943 476 5919\", \"birth_date\": \"2024-02-29\"}",
        )
    })?;
    let mut raw = RawFields::new();
    for (name, value) in &fields {
        raw.set(known_column(name)?, value.as_deref().unwrap_or_default());
    }
    Ok(Person::parse(&raw, order, as_at))
}

fn known_column(name: &str) -> Result<Column, Error> {
    Column::from_name(name).ok_or_else(|| {
        Error::new("argument/unknown-column", "there is no canonical column of this name", "see docs/columns.md")
            .in_field(name)
    })
}

fn text(value: &impl Serialize) -> Result<ChildlinkText, Error> {
    let bytes = serde_json::to_vec(value).map_err(|fault| internal(&fault.to_string()))?;
    Ok(ChildlinkText(bytes))
}

/// Runs the work; a failure or a panic becomes null and an error.
///
/// # Safety
/// `place` is null or points to a place for an error.
unsafe fn answer<T>(place: *mut *mut ChildlinkError, work: impl FnOnce() -> Result<T, Error>) -> *mut T {
    let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(internal("a panic")));
    let (answer, error) = match result {
        Ok(value) => (Box::into_raw(Box::new(value)), std::ptr::null_mut()),
        Err(error) => (std::ptr::null_mut(), Box::into_raw(Box::new(ChildlinkError::from(error)))),
    };
    if place.is_null() {
        // SAFETY: nobody has seen the error yet.
        unsafe { childlink_error_free(error) };
    } else {
        // SAFETY: by the caller's promise there is room for a pointer.
        unsafe { place.write(error) };
    }
    answer
}

impl From<Error> for ChildlinkError {
    fn from(error: Error) -> ChildlinkError {
        // A zero byte inside would end the text early for a C reader.
        let c_text = |text: &str| text.bytes().filter(|byte| *byte != 0).chain([0]).collect();
        ChildlinkError {
            code: c_text(error.code),
            message: c_text(&error.message),
            hint: c_text(&error.hint),
            field: c_text(&error.field.unwrap_or_default()),
        }
    }
}

/// # Safety
/// `error` is null or valid for as long as the answer is used.
unsafe fn part(error: *const ChildlinkError, part: fn(&ChildlinkError) -> &Vec<u8>) -> *const c_char {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { error.as_ref() }.map_or(std::ptr::null(), |error| part(error).as_ptr().cast())
}

/// # Safety
/// `options` is null or valid.
unsafe fn date_options(options: *const ChildlinkOptions) -> Result<Dates, Error> {
    // SAFETY: by the caller's promise the pointer is null or valid.
    let Some(options) = (unsafe { options.as_ref() }) else { return Ok((DateOrder::default(), None)) };
    let order = if options.month_first { DateOrder::MonthDayYear } else { DateOrder::DayMonthYear };
    if options.as_at.is_null() {
        return Ok((order, None));
    }
    // SAFETY: handed on from the caller.
    let as_at = unsafe { utf8(options.as_at, options.as_at_length, "as_at") }?;
    Ok((order, Some(Date::parse(as_at).map_err(|finding| Error::from(finding).in_field("as_at"))?)))
}

/// # Safety
/// `column` is null or ends in zero, and lives for as long as the answer is used.
unsafe fn name<'a>(column: *const c_char) -> Result<&'a str, Error> {
    if column.is_null() {
        return Err(null("column"));
    }
    // SAFETY: by the caller's promise it ends in zero.
    unsafe { CStr::from_ptr(column) }.to_str().map_err(|_| not_utf8("column"))
}

/// # Safety
/// `bytes` is null or points to `length` bytes that live for as long as the answer is used.
unsafe fn utf8<'a>(bytes: *const u8, length: usize, name: &str) -> Result<&'a str, Error> {
    // SAFETY: handed on from the caller.
    std::str::from_utf8(unsafe { slice(bytes, length, name) }?).map_err(|_| not_utf8(name))
}

/// # Safety
/// `data` is null or points to `length` elements that live for as long as the answer is used.
unsafe fn slice<'a, T>(data: *const T, length: usize, name: &str) -> Result<&'a [T], Error> {
    match (data.is_null(), length) {
        (true, 0) => Ok(&[]),
        (true, _) => Err(null(name)),
        // SAFETY: not null, and by the caller's promise of that many elements.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(data, length) }),
    }
}

fn null(name: &str) -> Error {
    Error::new("argument/null", format!("{name} is null"), "give a pointer to the data").in_field(name)
}

fn not_utf8(name: &str) -> Error {
    Error::new("argument/not-utf-8", format!("{name} is not UTF-8"), "convert the text to UTF-8 first").in_field(name)
}

fn internal(fault: &str) -> Error {
    Error::new("internal", format!("childlink failed: {fault}"), "please report this as a fault of childlink")
}
