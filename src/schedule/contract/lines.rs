//! Batches: one child's object on each line in, one answer on each line out, in the same order.

use super::write::write_unreadable;
use super::{parse_child, write_schedule};
use crate::date::Date;
use crate::error::{Finding, Severity};
use crate::schedule::{ChildSchedule, Programmes, finding, schedule};
use std::ops::AddAssign;

/// What a batch held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that are not blank; each has one line in the answer.
    pub lines: u64,
    /// Lines that are no child's object.
    pub unreadable: u64,
    /// Children with at least one finding of severity warning or fault.
    pub with_findings: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.lines += other.lines;
        self.unreadable += other.unreadable;
        self.with_findings += other.with_findings;
    }
}

/// Answers each line of NDJSON with one line, appended to `out`. A line that is no child's object is
/// answered by an object with all keys and the finding `schedule/line-unreadable`; a blank line by
/// nothing.
///
/// # Examples
/// ```
/// use childlink::date::Date;
/// use childlink::schedule::{Programmes, schedule_lines};
/// let lines = b"{\"id\":\"a\",\"birth_date\":\"2026-01-05\"}\nnot json\n";
/// let mut out = Vec::new();
/// let counts = schedule_lines(&Programmes::built_in(), lines, Date::new(2026, 3, 2)?, &mut out);
/// assert_eq!((counts.lines, counts.unreadable), (2, 1));
/// assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 2);
/// # Ok::<(), childlink::Error>(())
/// ```
pub fn schedule_lines(programmes: &Programmes<'_>, lines: &[u8], as_at: Date, out: &mut Vec<u8>) -> Counts {
    let mut counts = Counts::default();
    for line in lines.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        counts.lines += 1;
        match parse_child(line, programmes.vocabulary()) {
            Ok(child) => {
                let answer = schedule(programmes, &child, as_at);
                counts.with_findings += u64::from(needs_a_look(&answer));
                write_schedule(out, &child, &answer, programmes.vocabulary());
            }
            Err(_) => {
                counts.unreadable += 1;
                write_unreadable(out, as_at, &Finding::new(&finding::LINE_UNREADABLE, ""));
            }
        }
        out.push(b'\n');
    }
    counts
}

fn needs_a_look(answer: &ChildSchedule<'_>) -> bool {
    answer.findings.iter().any(|finding| finding.code.severity >= Severity::Warning)
}
