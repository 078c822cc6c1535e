//! A square of cells: how much each of some things shares with each other.

use super::{Error, PAPER, TEXT, WIDTH, draw, fitting, write, write_in};
use plotters::prelude::{Color, RGBColor, Rectangle};
use plotters::style::text_anchor::HPos;

/// A table of shares to be shaded.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The names of rows and columns.
    pub names: Vec<String>,
    /// For each row and column the share, 0 to 1, by which the cell is shaded, and what stands in it.
    pub cells: Vec<Vec<(f64, String)>>,
}

const LABELS: i32 = 200;

/// Draws the table; columns are numbered as rows are.
///
/// # Errors
/// `report/cannot-draw`.
pub fn grid(title: &str, grid: &Grid) -> Result<String, Error> {
    let count = grid.names.len().max(1) as i32;
    let cell = ((WIDTH as i32 - LABELS) / count).clamp(24, 90);
    let tall = cell.min(30);
    let height = tall * count + 34;
    let summary = format!("{count} rows and columns; the darker a cell, the greater the share");
    draw(title, &summary, height as u32, |area| {
        for (row, name) in grid.names.iter().enumerate() {
            let middle = 30 + tall * row as i32 + tall / 2;
            let label = fitting(&format!("{}  {name}", row + 1), LABELS - 14);
            write(area, &label, (LABELS - 10, middle), HPos::Right)?;
            write(area, &(row + 1).to_string(), (LABELS + cell * row as i32 + cell / 2, 16), HPos::Center)?;
            for (column, (share, text)) in grid.cells.get(row).into_iter().flatten().enumerate() {
                let from = (LABELS + cell * column as i32, 30 + tall * row as i32);
                let share = share.clamp(0.0, 1.0);
                let shade = |full: f64| (255.0 - (255.0 - full) * share).round() as u8;
                let ground = RGBColor(shade(0.0), shade(60.0), shade(125.0));
                area.draw(&Rectangle::new([from, (from.0 + cell - 2, from.1 + tall - 2)], ground.filled()))?;
                // Figures only where they fit; all of them stand in the table.
                if (text.chars().count() as i32) * TEXT / 2 < cell - 4 {
                    let ink = if share > 0.45 { PAPER } else { super::INK };
                    write_in(area, text, (from.0 + cell / 2 - 1, from.1 + tall / 2 - 1), ink)?;
                }
            }
        }
        Ok(())
    })
}
