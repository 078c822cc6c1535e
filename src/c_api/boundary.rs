//! The boundary itself: pointers to values and back, failures and panics to errors.

use super::{ChildlinkError, ChildlinkOptions};
use crate::date::Date;
use crate::error::Error;
use crate::exchange::columns::ColumnBuffer;
use crate::identity::raw::DateOrder;
use crate::shape::column::Dates;
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the work; a failure or a panic becomes null and an error.
///
/// # Safety
/// `place` is null or points to a place for an error.
pub(super) unsafe fn answer<T>(place: *mut *mut ChildlinkError, work: impl FnOnce() -> Result<T, Error>) -> *mut T {
    // SAFETY: handed on from the caller.
    unsafe { outcome(place, work) }.map_or(std::ptr::null_mut(), |value| Box::into_raw(Box::new(value)))
}

/// Runs the work; a failure or a panic becomes `None` and an error.
///
/// # Safety
/// `place` is null or points to a place for an error.
pub(super) unsafe fn outcome<T>(place: *mut *mut ChildlinkError, work: impl FnOnce() -> Result<T, Error>) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(internal("a panic")));
    let (value, error) = match result {
        Ok(value) => (Some(value), std::ptr::null_mut()),
        Err(error) => (None, Box::into_raw(Box::new(ChildlinkError::from(error)))),
    };
    if place.is_null() {
        // SAFETY: nobody has seen the error yet.
        unsafe { free(error) };
    } else {
        // SAFETY: by the caller's promise there is room for a pointer.
        unsafe { place.write(error) };
    }
    value
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
pub(super) unsafe fn part(error: *const ChildlinkError, part: fn(&ChildlinkError) -> &Vec<u8>) -> *const c_char {
    // SAFETY: by the caller's promise the pointer is null or valid.
    unsafe { error.as_ref() }.map_or(std::ptr::null(), |error| part(error).as_ptr().cast())
}

/// # Safety
/// `options` is null or valid.
pub(super) unsafe fn date_options(options: *const ChildlinkOptions) -> Result<Dates, Error> {
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
/// `text` is null or ends in zero, and lives for as long as the answer is used.
pub(super) unsafe fn c_text<'a>(text: *const c_char, name: &str) -> Result<&'a str, Error> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: by the caller's promise it ends in zero.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| not_utf8(name))
}

/// # Safety
/// `offsets` is null or points to `count + 1` numbers, and `bytes` to as many bytes as the last of them says; both
/// live for as long as the answer is used.
pub(super) unsafe fn buffer<'a>(
    bytes: *const u8,
    offsets: *const u32,
    count: usize,
) -> Result<ColumnBuffer<'a>, Error> {
    // SAFETY: handed on from the caller.
    let offsets = unsafe { slice(offsets, count + 1, "offsets") }?;
    // SAFETY: handed on from the caller.
    let bytes = unsafe { slice(bytes, offsets[count] as usize, "bytes") }?;
    ColumnBuffer::new(bytes, offsets)
}

/// # Safety
/// `value` is null or came from `Box::into_raw` here and has not been freed.
pub(super) unsafe fn free<T>(value: *mut T) {
    if !value.is_null() {
        // SAFETY: handed on from the caller.
        drop(unsafe { Box::from_raw(value) });
    }
}

/// # Safety
/// `bytes` is null or points to `length` bytes that live for as long as the answer is used.
pub(super) unsafe fn utf8<'a>(bytes: *const u8, length: usize, name: &str) -> Result<&'a str, Error> {
    // SAFETY: handed on from the caller.
    std::str::from_utf8(unsafe { slice(bytes, length, name) }?).map_err(|_| not_utf8(name))
}

/// # Safety
/// `data` is null or points to `length` elements that live for as long as the answer is used.
pub(super) unsafe fn slice<'a, T>(data: *const T, length: usize, name: &str) -> Result<&'a [T], Error> {
    match (data.is_null(), length) {
        (true, 0) => Ok(&[]),
        (true, _) => Err(null(name)),
        // SAFETY: not null, and by the caller's promise of that many elements.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(data, length) }),
    }
}

pub(super) fn null(name: &str) -> Error {
    Error::new("argument/null", format!("{name} is null"), "give a pointer to the data").in_field(name)
}

pub(super) fn not_utf8(name: &str) -> Error {
    Error::new("argument/not-utf-8", format!("{name} is not UTF-8"), "convert the text to UTF-8 first").in_field(name)
}

pub(super) fn internal(fault: &str) -> Error {
    Error::new("internal", format!("childlink failed: {fault}"), "please report this as a fault of childlink")
}
