//! Lines over two scales: curves of precision and recall, of calibration, of thresholds.

use super::{Area, Error, FAINT, FILL, Fault, INK, Mark, WIDTH, draw, path, tick_text, ticks, write};
use plotters::prelude::{Circle, Color, Rectangle, TriangleMarker};
use plotters::style::text_anchor::HPos;

/// A scale.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it is, with its unit.
    pub label: String,
    /// Its least value.
    pub from: f64,
    /// Its greatest value.
    pub to: f64,
}

/// A line through points in order. Lines differ by dashes and by the marks at their points.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// Its points; those that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// Whether marks stand at its points. Turn them off for lines of many points.
    pub marked: bool,
}

/// Lines over the same scales.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The scale to the right.
    pub x: Axis,
    /// The scale upwards.
    pub y: Axis,
    /// The lines, drawn in order.
    pub lines: Vec<Line>,
    /// Values of x to point out.
    pub marks: Vec<Mark>,
    /// Whether to draw the line on which x and y are equal, for calibration.
    pub diagonal: bool,
}

const HEIGHT: i32 = 420;
const LEFT: i32 = 90;
const RIGHT: i32 = WIDTH as i32 - 220;
const TOP: i32 = 40;
const BOTTOM: i32 = HEIGHT - 62;

/// Draws lines, with their names to the right.
///
/// # Errors
/// `report/cannot-draw`.
pub fn lines(title: &str, data: &Lines) -> Result<String, Error> {
    let place = |value: f64, axis: &Axis| {
        let span = if axis.to - axis.from > 0.0 { axis.to - axis.from } else { 1.0 };
        ((value - axis.from) / span).clamp(0.0, 1.0)
    };
    let x = |value: f64| LEFT + (place(value, &data.x) * f64::from(RIGHT - LEFT)).round() as i32;
    let y = |value: f64| BOTTOM - (place(value, &data.y) * f64::from(BOTTOM - TOP)).round() as i32;
    let names: Vec<&str> = data.lines.iter().map(|line| line.name.as_str()).collect();
    let summary = format!("{} over {}: {}", data.y.label, data.x.label, names.join(", "));
    draw(title, &summary, HEIGHT as u32, |area| {
        for value in ticks(data.y.from, data.y.to, 6) {
            path(area, vec![(LEFT, y(value)), (RIGHT, y(value))], FAINT, 1)?;
            write(area, &tick_text(value), (LEFT - 8, y(value)), HPos::Right)?;
        }
        for value in ticks(data.x.from, data.x.to, 8) {
            path(area, vec![(x(value), BOTTOM), (x(value), BOTTOM + 5)], INK, 1)?;
            write(area, &tick_text(value), (x(value), BOTTOM + 17), HPos::Center)?;
        }
        path(area, vec![(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], INK, 1)?;
        write(area, &data.x.label, ((LEFT + RIGHT) / 2, BOTTOM + 44), HPos::Center)?;
        write(area, &data.y.label, (LEFT - 8, 14), HPos::Left)?;
        if data.diagonal {
            let (from, to) = (data.x.from.max(data.y.from), data.x.to.min(data.y.to));
            path(area, vec![(x(from), y(from)), (x(to), y(to))], FAINT, 2)?;
        }
        for mark in &data.marks {
            broken(area, &[(x(mark.at), TOP), (x(mark.at), BOTTOM)], DASHES[1])?;
            write(area, &mark.label, (x(mark.at) + 6, TOP - 8), HPos::Left)?;
        }
        for (number, line) in data.lines.iter().enumerate() {
            let finite = line.points.iter().filter(|(a, b)| a.is_finite() && b.is_finite());
            let points: Vec<(i32, i32)> = finite.map(|&(a, b)| (x(a), y(b))).collect();
            broken(area, &points, DASHES[number % DASHES.len()])?;
            if line.marked {
                points.iter().try_for_each(|&at| mark_at(area, at, number))?;
            }
            let key = TOP + 14 + 30 * number as i32;
            broken(area, &[(RIGHT + 18, key), (RIGHT + 54, key)], DASHES[number % DASHES.len()])?;
            if line.marked {
                mark_at(area, (RIGHT + 36, key), number)?;
            }
            write(area, &super::fitting(&line.name, 150), (RIGHT + 62, key), HPos::Left)?;
        }
        Ok(())
    })
}

/// How long each stroke and each gap of a line is, in pixels; no gap is a line in one.
const DASHES: [&[i32]; 5] = [&[], &[8, 5], &[2, 4], &[14, 5, 3, 5], &[18, 6]];

/// A line in strokes.
fn broken(area: &Area<'_>, points: &[(i32, i32)], dashes: &[i32]) -> Result<(), Fault> {
    if dashes.is_empty() {
        return path(area, points.to_vec(), FILL, 2);
    }
    let (mut place, mut left, mut stroke) = (0, f64::from(dashes[0]), vec![]);
    for ends in points.windows(2) {
        let (from, to) = (ends[0], ends[1]);
        let length = f64::from((to.0 - from.0).pow(2) + (to.1 - from.1).pow(2)).sqrt();
        let at = |along: f64| {
            let share = if length > 0.0 { along / length } else { 0.0 };
            let part = |a: i32, b: i32| (f64::from(a) + f64::from(b - a) * share).round() as i32;
            (part(from.0, to.0), part(from.1, to.1))
        };
        let mut along = 0.0;
        if place % 2 == 0 {
            stroke.push(from);
        }
        while length - along > left {
            along += left;
            if place % 2 == 0 {
                stroke.push(at(along));
                path(area, std::mem::take(&mut stroke), FILL, 2)?;
            } else {
                stroke.push(at(along));
            }
            place = (place + 1) % (dashes.len() * 2);
            left = f64::from(dashes[place % dashes.len()]);
        }
        left -= length - along;
    }
    match points.last() {
        Some(&last) if place % 2 == 0 && !stroke.is_empty() => {
            stroke.push(last);
            path(area, stroke, FILL, 2)
        }
        _ => Ok(()),
    }
}

/// The mark of a line's points: round, square or pointed, filled or open.
fn mark_at(area: &Area<'_>, at: (i32, i32), number: usize) -> Result<(), Fault> {
    let (x, y) = at;
    match number % 4 {
        0 => area.draw(&Circle::new(at, 4, FILL.filled())),
        1 => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], INK.stroke_width(2))),
        2 => area.draw(&TriangleMarker::new(at, 6, INK.filled())),
        _ => area.draw(&Circle::new(at, 5, INK.stroke_width(2))),
    }
}
