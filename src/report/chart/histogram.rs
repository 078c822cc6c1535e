//! Upright columns side by side over a scale, in parts that are told apart by filling.

use super::{Error, FAINT, FILL, INK, Mark, PAPER, WIDTH, draw, outlined, path, tick_text, ticks, write};
use plotters::style::text_anchor::HPos;

/// A distribution.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// What x is, with its unit.
    pub x_label: String,
    /// What is counted.
    pub y_label: String,
    /// The names of the parts of each column, from the ground up: one, or two.
    pub parts: Vec<String>,
    /// The columns, in order.
    pub columns: Vec<HistogramColumn>,
    /// Values of x to point out.
    pub marks: Vec<Mark>,
}

/// A column of a distribution.
#[derive(Clone, Debug)]
pub struct HistogramColumn {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// How much of each part.
    pub parts: Vec<f64>,
}

const HEIGHT: i32 = 386;
const LEFT: i32 = 100;
const TOP: i32 = 84;
const BOTTOM: i32 = HEIGHT - 62;

/// Draws a distribution.
///
/// # Errors
/// `report/cannot-draw`.
pub fn histogram(title: &str, data: &Histogram) -> Result<String, Error> {
    let from = data.columns.first().map_or(0.0, |column| column.from);
    let to = data.columns.last().map_or(1.0, |column| column.to);
    let span = if to - from > 0.0 { to - from } else { 1.0 };
    let highest = data.columns.iter().map(|column| column.parts.iter().sum::<f64>()).fold(1.0, f64::max);
    let x = |value: f64| LEFT + ((value - from) / span * f64::from(WIDTH as i32 - LEFT - 24)).round() as i32;
    let y = |value: f64| BOTTOM - (value / highest * f64::from(BOTTOM - TOP)).round() as i32;
    let summary = format!("{} from {} to {}", data.y_label, tick_text(from), tick_text(to));
    draw(title, &summary, HEIGHT as u32, |area| {
        for value in ticks(0.0, highest, 5) {
            path(area, vec![(LEFT, y(value)), (WIDTH as i32 - 24, y(value))], FAINT, 1)?;
            write(area, &tick_text(value), (LEFT - 8, y(value)), HPos::Right)?;
        }
        for column in &data.columns {
            let mut ground = 0.0;
            for (part, &amount) in column.parts.iter().enumerate() {
                let (left, right) = (x(column.from) + 1, x(column.to) - 1);
                if amount > 0.0 {
                    let fill = if part == 0 { FILL } else { PAPER };
                    // What is there must be seen, however little it is.
                    let top = y(ground + amount).min(y(ground) - 2);
                    outlined(area, (left, top), (right.max(left + 1), y(ground)), fill)?;
                }
                ground += amount;
            }
        }
        path(area, vec![(LEFT, BOTTOM), (WIDTH as i32 - 24, BOTTOM)], INK, 1)?;
        for value in ticks(from, to, 12) {
            path(area, vec![(x(value), BOTTOM), (x(value), BOTTOM + 5)], INK, 1)?;
            write(area, &tick_text(value), (x(value), BOTTOM + 17), HPos::Center)?;
        }
        write(area, &data.x_label, ((LEFT + WIDTH as i32 - 24) / 2, BOTTOM + 44), HPos::Center)?;
        write(area, &data.y_label, (LEFT - 8, 14), HPos::Left)?;
        let shown = data.marks.iter().filter(|mark| mark.at >= from && mark.at <= to);
        for (number, mark) in shown.enumerate() {
            dashed(area, x(mark.at))?;
            let side = if x(mark.at) > WIDTH as i32 * 2 / 3 { HPos::Right } else { HPos::Left };
            let beside = if matches!(side, HPos::Right) { -6 } else { 6 };
            // One below the other, so that those of near thresholds do not cover each other.
            write(area, &mark.label, (x(mark.at) + beside, 38 + 20 * (number % 2) as i32), side)?;
        }
        let mut key = WIDTH as i32 - 24;
        for (part, name) in data.parts.iter().enumerate().rev() {
            if data.parts.len() < 2 {
                break;
            }
            write(area, name, (key, 14), HPos::Right)?;
            key -= name.chars().count() as i32 * 8 + 24;
            outlined(area, (key, 7), (key + 14, 21), if part == 0 { FILL } else { PAPER })?;
            key -= 20;
        }
        Ok(())
    })
}

/// An upright line of dashes.
fn dashed(area: &super::Area<'_>, x: i32) -> Result<(), super::Fault> {
    let mut at = 30;
    while at < BOTTOM {
        path(area, vec![(x, at), (x, (at + 7).min(BOTTOM))], INK, 2)?;
        at += 11;
    }
    Ok(())
}
