//! Linking: records of any number of inputs, by files or by columns, to the files of a run.

use super::boundary::{answer, buffer, c_text, free, null, outcome, slice, utf8};
use super::{ChildlinkError, ChildlinkText};
use crate::error::Error;
use crate::shape::linkage::{Inputs, LinkageFiles, RunOptions, TextColumns};
use std::ffi::c_char;
use std::io::Cursor;

/// Records on their way to being linked.
pub struct ChildlinkLinker(Option<Inputs<Cursor<Vec<u8>>>>);

/// The files that linking came to.
pub struct ChildlinkLinkage(LinkageFiles);

/// A linker of records by a model (JSON, as `childlink train` writes it), or by the built-in one where `model` is null.
///
/// # Safety
/// `model` points to `length` bytes, or is null; `error` is null or points to a place for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linker_new(
    model: *const u8,
    length: usize,
    error: *mut *mut ChildlinkError,
) -> *mut ChildlinkLinker {
    // SAFETY: handed on from the caller.
    let model = (!model.is_null()).then(|| unsafe { utf8(model, length, "model") }).transpose();
    // SAFETY: handed on from the caller.
    unsafe { answer(error, || Ok(ChildlinkLinker(Some(Inputs::new(model?)?)))) }
}

/// Reads a file of delimited text, of which the linker keeps a copy; answers how many rows it has, or -1. Rows come
/// from `source`, or where that is null from the source that each names, or else from one called as the file is.
///
/// # Safety
/// `linker` is null or came from this library and has not been freed; `name` and `source` end in zero; `bytes` points
/// to `length` bytes; `error` is null or points to a place for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linker_add_file(
    linker: *mut ChildlinkLinker,
    name: *const c_char,
    source: *const c_char,
    bytes: *const u8,
    length: usize,
    error: *mut *mut ChildlinkError,
) -> i64 {
    // SAFETY: handed on from the caller.
    let (named, bytes) = unsafe { (input_names(name, source), slice(bytes, length, "bytes")) };
    let add = |inputs: &mut Inputs<Cursor<Vec<u8>>>| {
        let (name, source) = named?;
        inputs.add_file(name, source, Cursor::new(bytes?.to_vec()))
    };
    // SAFETY: handed on from the caller.
    unsafe { add_input(linker, error, add) }
}

/// One column of records: its name as a file's header has it, and its values one after another, value n from
/// `offsets[n]` to `offsets[n + 1]`.
#[repr(C)]
pub struct ChildlinkValues {
    /// The name of the column, ending in zero.
    pub name: *const c_char,
    /// The values in UTF-8; an empty one is missing.
    pub bytes: *const u8,
    /// One more than there are rows.
    pub offsets: *const u32,
}

/// Reads `rows` records held in `count` columns, of which the linker keeps a copy; answers how many there are, or -1.
/// Sources are told as for a file.
///
/// # Safety
/// As for `childlink_linker_add_file`; `columns` points to `count` columns, whose offsets are `rows + 1` numbers and
/// whose bytes are as many as the last of them says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linker_add_columns(
    linker: *mut ChildlinkLinker,
    name: *const c_char,
    source: *const c_char,
    columns: *const ChildlinkValues,
    count: usize,
    rows: usize,
    error: *mut *mut ChildlinkError,
) -> i64 {
    // SAFETY: handed on from the caller.
    let (named, columns) = unsafe { (input_names(name, source), slice(columns, count, "columns")) };
    let add = |inputs: &mut Inputs<Cursor<Vec<u8>>>| {
        let (name, source) = named?;
        let mut copied = TextColumns::default();
        for column in columns? {
            // SAFETY: handed on from the caller.
            let (name, values) = unsafe { (c_text(column.name, "name")?, buffer(column.bytes, column.offsets, rows)?) };
            copied.push(name, values);
        }
        inputs.add_columns(name, source, copied)
    };
    // SAFETY: handed on from the caller.
    unsafe { add_input(linker, error, add) }
}

/// Links all records added so far. The linker is spent then, also when this fails, and only to be freed.
///
/// # Safety
/// `linker` is null or came from this library and has not been freed; `error` is null or points to a place for an
/// error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linker_link(
    linker: *mut ChildlinkLinker,
    link_only: bool,
    seed: u64,
    error: *mut *mut ChildlinkError,
) -> *mut ChildlinkLinkage {
    // SAFETY: by the caller's promise the pointer is null or valid.
    let inputs = unsafe { take_inputs(linker) };
    let work = || {
        let mut run = inputs?.build(&RunOptions { link_only, seed })?;
        run.train()?;
        let linked = run.link()?;
        Ok(ChildlinkLinkage(run.write(&linked)?))
    };
    // SAFETY: handed on from the caller.
    unsafe { answer(error, work) }
}

/// Frees a linker; nothing for null.
///
/// # Safety
/// `linker` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linker_free(linker: *mut ChildlinkLinker) {
    // SAFETY: handed on from the caller.
    unsafe { free(linker) }
}

/// A file of a linkage as the command line writes it, handed over once: `children.csv`, `links.csv`, `review.csv`,
/// `restricted.csv`, `quarantine.csv`, `summary.json` or `model.json`.
///
/// # Safety
/// `linkage` is null or came from this library and has not been freed; `name` ends in zero; `error` is null or points
/// to a place for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linkage_take(
    linkage: *mut ChildlinkLinkage,
    name: *const c_char,
    error: *mut *mut ChildlinkError,
) -> *mut ChildlinkText {
    // SAFETY: by the caller's promise the pointers are null or valid.
    let (linkage, name) = unsafe { (linkage.as_mut(), c_text(name, "name")) };
    let work = || {
        let file = linkage.ok_or_else(|| null("linkage"))?.0.take(name?);
        file.map(ChildlinkText).ok_or_else(|| {
            Error::new(
                "linkage/no-file",
                "there is no such file, or it was taken",
                "see the names that childlink.h lists",
            )
            .in_field("name")
        })
    };
    // SAFETY: handed on from the caller.
    unsafe { answer(error, work) }
}

/// Frees a linkage; nothing for null.
///
/// # Safety
/// `linkage` is null or came from this library and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn childlink_linkage_free(linkage: *mut ChildlinkLinkage) {
    // SAFETY: handed on from the caller.
    unsafe { free(linkage) }
}

/// The name of an input, and that of its source unless it is null.
///
/// # Safety
/// Both are null or end in zero, and live for as long as the answer is used.
unsafe fn input_names<'a>(name: *const c_char, source: *const c_char) -> Result<(&'a str, Option<String>), Error> {
    // SAFETY: handed on from the caller.
    let source = (!source.is_null()).then(|| unsafe { c_text(source, "source") }).transpose()?;
    // SAFETY: handed on from the caller.
    Ok((unsafe { c_text(name, "name") }?, source.map(str::to_owned)))
}

/// Adds an input; answers how many rows it has, or -1. A linker that panicked is spent.
///
/// # Safety
/// `linker` is null or valid; `place` is null or points to a place for an error.
unsafe fn add_input(
    linker: *mut ChildlinkLinker,
    place: *mut *mut ChildlinkError,
    add: impl FnOnce(&mut Inputs<Cursor<Vec<u8>>>) -> Result<u64, Error>,
) -> i64 {
    let work = || {
        // SAFETY: handed on from the caller.
        let mut inputs = unsafe { take_inputs(linker) }?;
        let rows = add(&mut inputs);
        // SAFETY: not null, since its inputs were taken.
        unsafe { (*linker).0 = Some(inputs) };
        rows
    };
    // SAFETY: handed on from the caller.
    unsafe { outcome(place, work) }.map_or(-1, |rows| rows as i64)
}

/// # Safety
/// `linker` is null or valid.
unsafe fn take_inputs(linker: *mut ChildlinkLinker) -> Result<Inputs<Cursor<Vec<u8>>>, Error> {
    // SAFETY: by the caller's promise the pointer is null or valid.
    let linker = unsafe { linker.as_mut() }.ok_or_else(|| null("linker"))?;
    linker.0.take().ok_or_else(|| {
        Error::new(
            "linker/gone",
            "this linker has linked its records already",
            "make a new one and add the records again",
        )
    })
}
