//! Bars that lie: one for each of a few things, its name before it and its value behind it.

use super::{Error, FILL, INK, WIDTH, draw, fitting, outlined, path, write};
use plotters::style::text_anchor::HPos;

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How long it is; negative values go to the left.
    pub value: f64,
    /// The value in words, beside the bar.
    pub shown: String,
}

const ROW: i32 = 28;
const LABELS: i32 = 270;
const VALUES: i32 = 130;

/// Draws bars from a common line of zero.
///
/// # Errors
/// `report/cannot-draw`.
pub fn bars(title: &str, bars: &[Bar]) -> Result<String, Error> {
    let least = bars.iter().map(|bar| bar.value).fold(0.0, f64::min);
    let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let span = if most - least > 0.0 { most - least } else { 1.0 };
    // Values of bars to the left stand left of them.
    let left = if least < 0.0 { LABELS + VALUES } else { LABELS };
    let width = f64::from(WIDTH as i32 - left - VALUES);
    let x = |value: f64| left + ((value - least) / span * width).round() as i32;
    let height = ROW * bars.len().max(1) as i32 + 12;
    let summary = match bars.iter().max_by(|a, b| a.value.total_cmp(&b.value)) {
        Some(longest) => format!("{} bars; the longest is {}, {}", bars.len(), longest.label, longest.shown),
        None => "nothing to show".to_owned(),
    };
    draw(title, &summary, height as u32, |area| {
        for (place, bar) in bars.iter().enumerate() {
            let middle = 6 + ROW * place as i32 + ROW / 2;
            write(area, &fitting(&bar.label, LABELS - 14), (LABELS - 10, middle), HPos::Right)?;
            let (from, to) = (x(bar.value.min(0.0)), x(bar.value.max(0.0)));
            if to > from {
                outlined(area, (from, middle - 9), (to, middle + 9), FILL)?;
            }
            match bar.value < 0.0 {
                true => write(area, &bar.shown, (from - 8, middle), HPos::Right)?,
                false => write(area, &bar.shown, (to + 8, middle), HPos::Left)?,
            }
        }
        path(area, vec![(x(0.0), 4), (x(0.0), height - 4)], INK, 1)
    })
}
