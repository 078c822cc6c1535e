//! Regular expressions: RE2's syntax, in which DuckDB writes them, to that of the `regex` crate.

use super::expression::Pattern;
use regex::RegexBuilder;

/// Compiles a pattern in RE2's syntax.
pub(super) fn compile(source: &str, any_case: bool) -> Result<Pattern, String> {
    RegexBuilder::new(&translated(source))
        .case_insensitive(any_case)
        .build()
        .map(Pattern)
        .map_err(|_| "this regular expression".to_owned())
}

/// RE2 takes `\d \w \s \b` as ASCII, and `[`, `&` and `~` inside a class as themselves.
fn translated(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_class = false;
    let mut rest = source.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str("[\\t\\n\\f\\r ]"),
                Some('S') => out.push_str("[^\\t\\n\\f\\r ]"),
                Some('b') if !in_class => out.push_str("(?-u:\\b)"),
                Some('B') if !in_class => out.push_str("(?-u:\\B)"),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if rest.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                // A bracket right after the opening one is a member of the class.
                if rest.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            '[' if rest.peek() == Some(&':') => {
                // A POSIX class such as [:alpha:].
                out.push('[');
                for inner in rest.by_ref() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' if in_class => out.extend(['\\', c]),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            other => out.push(other),
        }
    }
    out
}

/// A replacement in RE2's syntax (`\1`) in that of the `regex` crate (`${1}`).
pub(super) fn replacement(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(digit) if digit.is_ascii_digit() => out.push_str(&format!("${{{digit}}}")),
                Some(other) => out.push(other),
                None => {}
            },
            '$' => out.push_str("$$"),
            other => out.push(other),
        }
    }
    out
}
