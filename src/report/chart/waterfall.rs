//! A sum built up step by step: the weight of a pair from the prior to the decision.

use super::{Error, FAINT, FILL, INK, Mark, PAPER, WIDTH, draw, fitting, outlined, path, tick_text, ticks, write};
use plotters::style::text_anchor::HPos;

/// One step of the sum.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is.
    pub label: String,
    /// By how much the sum changes.
    pub change: f64,
}

const ROW: i32 = 28;
const LABELS: i32 = 270;
const VALUES: i32 = 84;

/// Draws the steps from above to below, from nought to their sum. What adds is filled, what takes away is open;
/// the change stands beside each. `marks` are thresholds of the sum.
///
/// # Errors
/// `report/cannot-draw`.
pub fn waterfall(title: &str, steps: &[Step], total_label: &str, marks: &[Mark]) -> Result<String, Error> {
    let mut sums = vec![0.0];
    for step in steps {
        sums.push(sums[sums.len() - 1] + step.change);
    }
    let total = sums[sums.len() - 1];
    let points = || sums.iter().copied().chain(marks.iter().map(|mark| mark.at));
    let (from, to) = (points().fold(0.0, f64::min), points().fold(1.0, f64::max));
    let left = LABELS + VALUES;
    let x = |value: f64| left + ((value - from) / (to - from) * f64::from(WIDTH as i32 - left - 24)).round() as i32;
    let bottom = 34 + ROW * (steps.len() as i32 + 1);
    let summary = format!("{} steps to {}", steps.len(), signed(total));
    draw(title, &summary, (bottom + 34) as u32, |area| {
        for value in ticks(from, to, 8) {
            path(area, vec![(x(value), 30), (x(value), bottom)], FAINT, 1)?;
            write(area, &tick_text(value), (x(value), bottom + 16), HPos::Center)?;
        }
        for mark in marks {
            path(area, vec![(x(mark.at), 24), (x(mark.at), bottom)], INK, 2)?;
            let side = if x(mark.at) > WIDTH as i32 - 200 { HPos::Right } else { HPos::Left };
            write(area, &mark.label, (x(mark.at), 12), side)?;
        }
        let row = |place: usize, label: &str, shown: f64, ends: (f64, f64)| {
            let middle = 34 + ROW * place as i32 + ROW / 2;
            write(area, &fitting(label, LABELS - 14), (LABELS - 10, middle), HPos::Right)?;
            write(area, &signed(shown), (left - 10, middle), HPos::Right)?;
            let (start, end) = (x(ends.0.min(ends.1)), x(ends.0.max(ends.1)));
            let fill = if shown < 0.0 { PAPER } else { FILL };
            outlined(area, (start, middle - 9), (end.max(start + 1), middle + 9), fill)
        };
        for (place, step) in steps.iter().enumerate() {
            row(place, &step.label, step.change, (sums[place], sums[place + 1]))?;
        }
        row(steps.len(), total_label, total, (0.0, total))?;
        path(area, vec![(x(0.0), 30), (x(0.0), bottom)], INK, 1)
    })
}

fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}
