//! What a person or a program reads: text or one JSON object on standard output, trouble on
//! standard error.

use crate::args::Global;
use crate::clock;
use crate::output::{cannot_write, standard_is_taken};
use crate::progress::Progress;
use childlink::Error;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// The code of the error that says nobody reads our standard output any more (`childlink ... | head`).
pub(crate) const READER_GONE: &str = "output/reader-gone";

/// Where results and trouble go, and in which form.
pub(crate) struct Terminal {
    json: bool,
    quiet: bool,
    strict: bool,
}

impl Terminal {
    /// The form that the user asked for.
    pub(crate) fn new(global: &Global) -> Terminal {
        Terminal { json: global.json, quiet: global.quiet, strict: global.strict }
    }

    /// Whether findings are to stop the run.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Progress on standard error: shown if that is a terminal and the user did not decline it, with `--json` a line
    /// for each phase.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(!self.json && !self.quiet && io::stderr().is_terminal(), self.json && !self.quiet)
    }

    /// Prints a result: the JSON object with `--json`, else the text, else nothing with `--quiet`. It goes to
    /// standard error when standard output holds the bytes of a file (`--out -`).
    ///
    /// # Errors
    /// `output/reader-gone`, `output/cannot-write`.
    pub(crate) fn result(&self, text: impl FnOnce() -> String, object: impl FnOnce() -> Value) -> Result<(), Error> {
        if self.json {
            self.print_beside(format!("{:#}\n", object()).as_bytes())
        } else if self.quiet {
            Ok(())
        } else {
            self.print_beside(readable(&text()).as_bytes())
        }
    }

    /// Prints bytes that are the result themselves, with `--json` as one field of an object.
    ///
    /// # Errors
    /// `output/reader-gone`, `output/cannot-write`.
    pub(crate) fn whole_text(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        match self.json {
            true => self.print_beside(format!("{:#}\n", json!({name: String::from_utf8_lossy(bytes)})).as_bytes()),
            false => self.print_bytes(bytes),
        }
    }

    /// Tells something that is worth knowing and stops nothing: in words on standard error, with `--json` as a line of
    /// its log.
    pub(crate) fn note(&self, words: &str) {
        let mut stderr = io::stderr().lock();
        // Nowhere is left to tell that standard error is gone.
        let _ = match (self.quiet, self.json) {
            (true, _) => Ok(()),
            (false, true) => writeln!(stderr, "{}", json!({"at": clock::now(), "event": "note", "note": words})),
            (false, false) => writeln!(stderr, "childlink: note: {}", readable(words)),
        };
    }

    fn print_beside(&self, bytes: &[u8]) -> Result<(), Error> {
        if !standard_is_taken() {
            return self.print_bytes(bytes);
        }
        // Nowhere is left to tell that standard error is gone.
        let _ = io::stderr().lock().write_all(bytes);
        Ok(())
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// `output/reader-gone`, `output/cannot-write`.
    pub(crate) fn print_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|e| cannot_write("standard output".as_ref(), &e))
    }

    /// Tells why the run could not go on: in words on standard error and, with `--json`, as
    /// `{"error": ...}` on standard output.
    pub(crate) fn error(&self, error: &Error) {
        self.error_in_words(error);
        if self.json {
            let _ = self.print_beside(format!("{:#}\n", json!({"error": error_object(error)})).as_bytes());
        }
    }

    /// The same in words alone, for a command whose result tells it to programs.
    pub(crate) fn error_in_words(&self, error: &Error) {
        let mut stderr = io::stderr().lock();
        // Nowhere is left to tell that standard error itself is gone.
        let _ = writeln!(stderr, "childlink: {} ({})", readable(&error.message), error.code);
        if !error.hint.is_empty() {
            let _ = writeln!(stderr, "  {}", readable(&error.hint));
        }
    }
}

/// An error for programs.
pub(crate) fn error_object(error: &Error) -> Value {
    json!({"code": error.code, "message": error.message, "hint": error.hint, "field": error.field})
}

/// Tells wrong usage, as it was found before anything was read, and how the program ends: help and version are none.
pub(crate) fn wrong_usage(found: &clap::Error) -> i32 {
    // Nowhere is left to tell that a stream is gone.
    let _ = found.print();
    if found.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = found.render().to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let error = Error::new("arguments/usage", message, lines.collect::<Vec<_>>().join(" "));
        let _ = writeln!(io::stdout().lock(), "{:#}", json!({"error": error_object(&error)}));
    }
    found.exit_code()
}

/// Text as it can be shown: what would steer a terminal, or turn the direction of writing, is spelled out. Names of
/// files, sources and columns come from outside, and so do values of records.
pub(crate) fn readable(text: &str) -> Cow<'_, str> {
    shown(text, |c| steers(c) && c != '\n')
}

fn steers(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn shown(text: &str, hide: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hide) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match hide(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

thread_local! {
    /// Whether a panic on this thread will be told as an error of the file that is read.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Reads a file of columns on this thread. The library that reads Arrow checks most of a file before it trusts it, but
/// slices its buffers by what the file says of them: of a damaged file that panics. It is told as the file's fault.
///
/// # Errors
/// `damaged`, and those of `read`.
pub(crate) fn columns_guarded<T>(damaged: fn() -> Error, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let before = GUARDED.replace(true);
    // What was read so far is dropped with the error.
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err(damaged()))
}

/// The panic hook: says where, but not what, since the text of a panic may quote a record.
pub(crate) fn explain_panic(info: &PanicHookInfo<'_>) {
    if GUARDED.get() {
        return;
    }
    let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
    let _ = writeln!(
        io::stderr(),
        "childlink: a fault of childlink{place}, version {} (internal)\n  \
         please report this line; no output was left half written",
        env!("CARGO_PKG_VERSION")
    );
}

/// A number with a comma at each thousand: `1,754,944`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether a cell begins as a number does.
fn is_figure(cell: &str) -> bool {
    cell.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

/// Rows of text in aligned columns. A column whose cells below the first row all begin with a
/// figure stands to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    // A cell stands on one line.
    let rows: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| shown(cell, |c| steers(c) || c == '\t')).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let shape: Vec<(usize, bool)> = (0..columns)
        .map(|column| {
            let width = cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
            let numeric = cells(column).skip(1).all(|cell| cell.is_empty() || is_figure(cell));
            (width, numeric && column > 0)
        })
        .collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::from(" ");
        for (cell, &(width, right)) in row.iter().zip(&shape) {
            line.push(' ');
            line += &if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
            line.push(' ');
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_754_944, "1,754,944")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn what_would_steer_a_terminal_is_spelled_out() {
        assert_eq!(readable("a\u{1b}[31mb\u{9b}\u{202e}c\n\td"), "a\\u{1b}[31mb\\u{9b}\\u{202e}c\n\td");
        assert_eq!(readable("Zoë Ó Briain"), "Zoë Ó Briain");
        assert_eq!(table(&[vec!["a\nb".to_owned(), "c".to_owned()]]), "  a\\u{a}b  c\n");
    }

    #[test]
    fn a_reader_that_falls_over_its_file_is_an_error_of_the_file() {
        let damaged = || Error::new("arrow/unreadable", "damaged", "write it again");
        let error = columns_guarded::<()>(damaged, || panic!("the offset is out of bounds")).unwrap_err();
        assert_eq!(error.code, "arrow/unreadable");
        assert!(!GUARDED.get(), "a panic elsewhere is a fault of ours again");
        assert_eq!(columns_guarded(damaged, || Ok(7)), Ok(7));
    }

    #[test]
    fn columns_are_aligned_and_figures_stand_to_the_right() {
        let rows = [["source", "rows"], ["north", "12"], ["east-by-east", "1,200"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect();
        assert_eq!(table(&rows), "  source         rows\n  north            12\n  east-by-east  1,200\n");
    }
}
