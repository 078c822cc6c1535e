//! The waterfall of one pair as a picture.

use super::chart::{Mark, Step, waterfall};
use crate::error::Error;
use crate::linkage::explain::{WITHHELD, Waterfall};
use crate::linkage::model::Model;

/// The weight of a pair from the prior to the sum, as one `<svg>` element that stands by itself as a file. What adds
/// nothing is left out; the thresholds of the model are marked.
///
/// # Errors
/// `report/cannot-draw`.
pub fn pair_picture(title: &str, pair: &Waterfall<'_>, model: &Model) -> Result<String, Error> {
    pair_picture_at(title, pair, model.thresholds.review, model.thresholds.link)
}

/// [`pair_picture`] with the thresholds of review and of links, in bits, for a run without a model of our own.
///
/// # Errors
/// `report/cannot-draw`.
pub fn pair_picture_at(title: &str, pair: &Waterfall<'_>, review: f64, link: f64) -> Result<String, Error> {
    let step = |label: String, change: f64| Step { label, change };
    let mut steps = vec![step("two random records".to_owned(), pair.prior)];
    for bar in &pair.bars {
        let name = bar.comparison.replace('_', " ");
        if bar.weight != 0.0 {
            steps.push(step(format!("{name}: {}", bar.level), bar.weight));
        }
        if bar.term_frequency != 0.0 {
            steps.push(step(format!("{name}: rarity"), bar.term_frequency));
        }
    }
    if pair.household != 0.0 {
        steps.push(step("as likely children born together".to_owned(), pair.household));
    }
    // Where something is withheld, the picture's sum must not tell it.
    let withheld = pair.bars.iter().any(|bar| bar.level == WITHHELD);
    let total = if withheld { "without what is withheld, bits" } else { "match weight, bits" };
    let thresholds = [("review", review), ("link", link)];
    let marks: Vec<Mark> = thresholds.map(|(name, at)| Mark { at, label: name.to_owned() }).to_vec();
    let picture = waterfall(title, &steps, total, &marks)?;
    Ok(picture.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1) + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::explain::WaterfallBar;

    fn bar(comparison: &'static str, weight: f64, term_frequency: f64) -> WaterfallBar<'static> {
        WaterfallBar { comparison, level: "same & so on", m: Some(0.9), u: Some(0.1), weight, term_frequency }
    }

    #[test]
    fn every_part_that_counts_is_a_step_and_text_is_made_safe() {
        let pair = Waterfall {
            prior: -14.0,
            bars: vec![bar("birth_date", 12.0, 0.0), bar("given_name", 7.5, -1.5), bar("sex", 0.0, 0.0)],
            household: -1.0,
            match_weight: 3.0,
        };
        let picture = pair_picture("one <and> another", &pair, &Model::child_health()).unwrap();
        assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
        for wanted in ["birth date: same &amp; so on", "given name: rarity", "born together", "one &lt;and&gt; another"]
        {
            assert!(picture.contains(wanted), "{wanted} is not in {picture}");
        }
        assert!(!picture.contains("sex") && !picture.contains("withheld"));
        let mut hidden = pair.clone();
        hidden.bars[0] = WaterfallBar { level: WITHHELD, weight: 0.0, ..hidden.bars[0].clone() };
        let picture = pair_picture("a pair", &hidden, &Model::child_health()).unwrap();
        assert!(picture.contains("without what is withheld") && !picture.contains("match weight"));
    }
}
