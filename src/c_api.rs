//! The C shell: opaque handles, explicit lengths, no global state, no unwinding across the boundary.
//!
//! What is read goes in as UTF-8 bytes with a length and need not end in zero; what is only named (an input, its source, a
//! column, a file of a run) as UTF-8 that does. Results come out as a [`ChildlinkText`] of JSON in the shapes that the
//! JavaScript package hands out, to be freed by the caller.
//! A function that can fail answers null and, where the caller gave a place for it, a [`ChildlinkError`].
//! Columns of values go in as in Apache Arrow: the bytes of all values, and offsets, one more than values.

#![allow(unsafe_code, reason = "a C interface hands over raw pointers; each use states what the caller promises")]

mod boundary;
pub mod linker;

use crate::error::{Error, Finding};
use crate::identity::column::Column;
use crate::identity::nhs_number::{NhsNumber, check_whole};
use crate::identity::person::Person;
use crate::identity::raw::RawFields;
use crate::shape::column::NormalisedColumn;
use crate::shape::record::{NormalisedShape, ValidationShape};
use boundary::{answer, buffer, c_text, date_options, free, internal, part, utf8};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::c_char;
use std::panic::catch_unwind;

/// Bytes that childlink owns until they are freed: JSON in UTF-8, not ending in zero.
pub struct ChildlinkText(Vec<u8>);

/// A column of comparison forms, as three buffers.
pub struct ChildlinkColumn(NormalisedColumn);

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
    // SAFETY: handed on from the caller.
    unsafe { free(text) }
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
    // SAFETY: handed on from the caller.
    unsafe { free(error) }
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
    let (column, values, dates) =
        unsafe { (c_text(column, "column"), buffer(bytes, offsets, count), date_options(options)) };
    let work = || Ok(ChildlinkColumn(NormalisedColumn::new(known_column(column?)?, values?, dates?)?));
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
    unsafe { column.as_ref() }.map_or(std::ptr::null(), |column| column.0.states.as_ptr())
}

/// The comparison forms one after the other in UTF-8; those of values that are not valid are empty. Null for
/// null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_bytes(column: *const ChildlinkColumn) -> *const u8 {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { column.as_ref() }.map_or(std::ptr::null(), |column| column.0.bytes.as_ptr())
}

/// Where each comparison form begins in the bytes, and where the last ends: `count + 1` numbers. Null for null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_offsets(column: *const ChildlinkColumn) -> *const u32 {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { column.as_ref() }.map_or(std::ptr::null(), |column| column.0.offsets.as_ptr())
}

/// Frees a column; nothing for null.
///
/// # Safety
/// `column` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_column_free(column: *mut ChildlinkColumn) {
    // SAFETY: handed on from the caller.
    unsafe { free(column) }
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
    unsafe {
        of_record(record, length, options, error, |person, findings| text(&ValidationShape::new(person, findings)))
    }
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
    unsafe {
        of_record(record, length, options, error, |person, findings| text(&NormalisedShape::new(person, findings)))
    }
}

/// Parses a record, and answers what is made of it.
///
/// # Safety
/// As for [`childlink_validate_record`].
unsafe fn of_record(
    record: *const u8,
    length: usize,
    options: *const ChildlinkOptions,
    error: *mut *mut ChildlinkError,
    show: impl FnOnce(&Person, &[Finding]) -> Result<ChildlinkText, Error>,
) -> *mut ChildlinkText {
    // SAFETY: handed on from the caller.
    let (record, dates) = unsafe { (utf8(record, length, "record"), date_options(options)) };
    let work = || {
        let (order, as_at) = dates?;
        let fields: BTreeMap<String, Option<String>> =
            serde_json::from_str(record?).map_err(|fault| not_record(&fault))?;
        let mut raw = RawFields::new();
        for (name, value) in &fields {
            raw.set(known_column(name)?, value.as_deref().unwrap_or_default());
        }
        let (person, findings) = Person::parse(&raw, order, as_at);
        show(&person, &findings)
    };
    // SAFETY: handed on from the caller.
    unsafe { answer(error, work) }
}

fn not_record(fault: &serde_json::Error) -> Error {
    let place = (fault.line(), fault.column());
    Error::new(
        "argument/not-record",
        format!("the record is no JSON object of text by column (line {}, column {})", place.0, place.1),
        "write for example {\"nhs_number\": \"943 476 5919\", \"birth_date\": \"2024-02-29\"}",
    )
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
