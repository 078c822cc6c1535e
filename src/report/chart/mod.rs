//! Pictures as SVG, drawn by `plotters`, for pages that must be read without a network, a script or colour.
//!
//! What tells things apart is never colour alone: values stand beside bars, lines differ by dashes and marks, areas by
//! filling. Every function gives one `<svg>` element that a screen reader announces by its title and summary; the page
//! puts the figures beside it as a table ([`figure`](super::html::figure)).

mod bars;
mod grid;
mod histogram;
mod lines;
mod waterfall;

pub use bars::{Bar, bars};
pub use grid::{Grid, grid};
pub use histogram::{Histogram, HistogramColumn, histogram};
pub use lines::{Axis, Line, Lines, lines};
pub use waterfall::{Step, waterfall};

use super::html::escaped;
use crate::error::Error;
use plotters::coord::Shift;
use plotters::prelude::{
    Color, DrawingArea, IntoDrawingArea, IntoFont, IntoTextStyle, PathElement, RGBColor, Rectangle, SVGBackend, Text,
    TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Text and outlines: 14 to 1 on white.
pub(super) const INK: RGBColor = RGBColor(33, 43, 50);
/// Filled areas: 6.5 to 1 on white.
pub(super) const FILL: RGBColor = RGBColor(0, 94, 184);
/// The second kind of area: white within an outline, crossed by no colour of its own.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Lines that only help the eye.
pub(super) const FAINT: RGBColor = RGBColor(174, 183, 189);
/// The width of every picture, in pixels at 100 %.
pub(super) const WIDTH: u32 = 880;
/// The size of text.
pub(super) const TEXT: i32 = 17;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Fault = plotters::drawing::DrawingAreaErrorKind<std::io::Error>;

/// A value of x at which an upright line stands, with the words beside it: a threshold.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// What it is.
    pub label: String,
}

/// Draws into an `<svg>` of this height.
pub(super) fn draw(
    title: &str,
    summary: &str,
    height: u32,
    fill: impl FnOnce(&Area<'_>) -> Result<(), Fault>,
) -> Result<String, Error> {
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, (WIDTH, height)).into_drawing_area();
        fill(&area).and_then(|()| area.present()).map_err(|cause| cannot_draw(title, &cause))?;
    }
    // The library's own opening tag has a fixed size and no name for those who hear the page.
    let inner = drawn.split_once('>').map_or("", |(_, inner)| inner);
    let spoken = if summary.is_empty() { escaped(title) } else { format!("{}. {}", escaped(title), escaped(summary)) };
    Ok(format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{spoken}\">{inner}"))
}

fn cannot_draw(title: &str, cause: &dyn std::fmt::Display) -> Error {
    Error::new("report/cannot-draw", format!("the picture {title} cannot be drawn: {cause}"), "please report this")
}

/// Text that stands by its left end, middle or right end, centred upright.
pub(super) fn style<'a>(size: i32, side: HPos) -> TextStyle<'a> {
    ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center))
}

pub(super) fn write(area: &Area<'_>, text: &str, at: (i32, i32), side: HPos) -> Result<(), Fault> {
    area.draw(&Text::new(text.to_owned(), at, style(TEXT, side)))
}

/// Text of another colour than ink, for filled ground.
pub(super) fn write_in(area: &Area<'_>, text: &str, at: (i32, i32), colour: RGBColor) -> Result<(), Fault> {
    let style = ("sans-serif", TEXT).into_text_style(area).color(&colour).pos(Pos::new(HPos::Center, VPos::Center));
    area.draw(&Text::new(text.to_owned(), at, style))
}

/// A box, filled or white, always with an outline of ink, so that it is seen in black and white and in print.
pub(super) fn outlined(area: &Area<'_>, from: (i32, i32), to: (i32, i32), fill: RGBColor) -> Result<(), Fault> {
    area.draw(&Rectangle::new([from, to], fill.filled()))?;
    area.draw(&Rectangle::new([from, to], INK.stroke_width(1)))
}

/// A line through points.
pub(super) fn path(area: &Area<'_>, points: Vec<(i32, i32)>, colour: RGBColor, width: u32) -> Result<(), Fault> {
    area.draw(&PathElement::new(points, colour.stroke_width(width)))
}

/// Text cut to about so many pixels, with an ellipsis; the whole of it stands in the table.
pub(super) fn fitting(text: &str, pixels: i32) -> String {
    let most = (pixels as f64 / (f64::from(TEXT) * 0.42)) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Round values between two others, at most `most` of them.
pub(super) fn ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let span = to - from;
    if !span.is_finite() || span <= 0.0 || most == 0 {
        return vec![from];
    }
    let mut step = 1.0f64;
    while span / step > most as f64 {
        step *= 10.0;
    }
    while span / (step / 10.0) <= most as f64 {
        step /= 10.0;
    }
    for part in [0.2, 0.5] {
        if span / (step * part) <= most as f64 {
            step *= part;
            break;
        }
    }
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last).map(|n| n as f64 * step).collect()
}

/// A tick's value with no more figures than it needs.
pub(super) fn tick_text(value: f64) -> String {
    if value != 0.0 && (value.abs() >= 1e15 || value.abs() < 1e-4) {
        return format!("{value:e}");
    }
    if value.fract().abs() < 1e-9 {
        let digits = format!("{:.0}", value.abs());
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", grouped(&digits));
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

/// Figures with a comma at each thousand.
pub(super) fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(0.0, 1.0, 5).len(), 6);
        assert_eq!(ticks(-12.0, 31.0, 6), [-10.0, 0.0, 10.0, 20.0, 30.0]);
        assert_eq!(ticks(3.0, 3.0, 5), [3.0]);
        assert!(ticks(0.0, 1_234_567.0, 6).len() <= 7);
        assert_eq!(tick_text(0.6000000000000001), "0.6");
        assert_eq!(tick_text(-1200.0), "−1,200");
    }

    #[test]
    fn a_picture_is_named_for_those_who_hear_it_and_asks_nothing_of_a_network() {
        let picture = bars("Rows <read>", &[Bar { label: "A&E".into(), value: 3.0, shown: "3".into() }]).unwrap();
        assert!(picture.starts_with("<svg viewBox=") && picture.trim_end().ends_with("</svg>"), "{picture}");
        assert!(picture.contains("role=\"img\" aria-label=\"Rows &lt;read&gt;"));
        assert!(picture.contains("A&amp;E") && !picture.contains("http"));
    }

    #[test]
    fn long_labels_are_cut() {
        assert_eq!(fitting("short", 200), "short");
        assert!(fitting(&"long ".repeat(20), 120).ends_with('…'));
    }
}
