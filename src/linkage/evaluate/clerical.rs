//! What a sample read by people tells about a linkage whose truth nobody knows.
//!
//! Pairs are divided into strata (bands of match weight, and subgroups). From each stratum some pairs
//! are drawn and read; the shares found are weighted by the sizes of the strata.

use crate::text::hash;

/// One stratum of pairs and what readers found in its sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Pairs in the stratum.
    pub pairs: u64,
    /// Pairs read and decided; pairs that readers could not decide are left out.
    pub read: u64,
    /// Of those read, pairs of one person.
    pub same: u64,
}

/// A share with its confidence interval, all from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The likeliest share.
    pub share: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// Two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

impl Stratum {
    /// The share of pairs of one person in this stratum, with its 95 % interval; `None` before any is
    /// read.
    ///
    /// # Source
    /// E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22
    /// (1927), 209-212.
    ///
    /// ```
    /// use childlink::linkage::evaluate::clerical::Stratum;
    /// let share = Stratum { pairs: 900, read: 20, same: 20 }.share().unwrap();
    /// assert_eq!(share.share, 1.0);
    /// assert!((share.low - 0.8389).abs() < 1e-4);
    /// ```
    pub fn share(&self) -> Option<Estimate> {
        if self.read == 0 {
            return None;
        }
        let (n, share) = (self.read as f64, self.same as f64 / self.read as f64);
        let middle = share + Z * Z / (2.0 * n);
        let reach = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        Some(Estimate { share, low: ((middle - reach) / scale).max(0.0), high: ((middle + reach) / scale).min(1.0) })
    }
}

/// The share of pairs of one person over several strata, with its 95 % interval; `None` when a stratum
/// that has pairs was not read.
///
/// The interval combines those of the strata: each end lies as far from the share as the root of the
/// summed squares of the strata's distances, each times the stratum's part of all pairs. Where all
/// pairs of a stratum were read its share is certain.
///
/// # Source
/// The method of variance estimates recovery: G. Y. Zou, A. Donner, Construction of confidence limits
/// about effect measures, Statistics in Medicine 27 (2008), 1693-1702.
pub fn combined(strata: &[Stratum]) -> Option<Estimate> {
    let all: u64 = strata.iter().map(|stratum| stratum.pairs).sum();
    let (mut share, mut below, mut above) = (0.0, 0.0, 0.0);
    for stratum in strata.iter().filter(|stratum| stratum.pairs > 0) {
        let own = stratum.share()?;
        let part = stratum.pairs as f64 / all as f64;
        let uncertain = if stratum.read >= stratum.pairs { 0.0 } else { part };
        share += part * own.share;
        below += (uncertain * (own.share - own.low)).powi(2);
        above += (uncertain * (own.high - own.share)).powi(2);
    }
    (all > 0).then(|| Estimate { share, low: (share - below.sqrt()).max(0.0), high: (share + above.sqrt()).min(1.0) })
}

/// The place of a pair in the draw of a seed: the pairs of the least ranks are drawn. Depends on the
/// keys of the two records, not on their places.
pub fn rank(seed: u64, left: &str, right: &str) -> u64 {
    let (first, second) = if left <= right { (left, right) } else { (right, left) };
    hash::join(hash::join(hash::of_word(seed), hash::of_text(first)), hash::of_text(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_follow_wilsons_formula() {
        // By hand: none of n gives an upper end of z^2 / (n + z^2), 3.8415 / 23.8415 for 20.
        let none = Stratum { pairs: 100, read: 20, same: 0 }.share().unwrap();
        assert_eq!(none.low, 0.0);
        assert!((none.high - 0.1611).abs() < 1e-4);
        let half = Stratum { pairs: 100, read: 20, same: 10 }.share().unwrap();
        assert!((half.low - 0.2993).abs() < 1e-4 && (half.high - 0.7007).abs() < 1e-4);
        assert_eq!(Stratum::default().share(), None);
    }

    #[test]
    fn strata_count_by_their_size() {
        let large = Stratum { pairs: 900, read: 50, same: 50 };
        let small = Stratum { pairs: 100, read: 100, same: 20 };
        let both = combined(&[large, small]).unwrap();
        assert!((both.share - 0.92).abs() < 1e-12);
        // The small stratum was read whole: only the large one is uncertain, and only downwards.
        let own = large.share().unwrap();
        assert!((both.low - (0.92 - 0.9 * (1.0 - own.low))).abs() < 1e-12);
        assert!((both.high - 0.92).abs() < 1e-12);
        assert_eq!(combined(&[large, Stratum { pairs: 5, read: 0, same: 0 }]), None);
        assert_eq!(combined(&[]), None);
    }

    #[test]
    fn a_draw_depends_on_the_seed_and_the_keys_but_not_their_order() {
        assert_eq!(rank(1, "a|1", "b|2"), rank(1, "b|2", "a|1"));
        assert_ne!(rank(1, "a|1", "b|2"), rank(2, "a|1", "b|2"));
        assert_ne!(rank(1, "a|1", "b|2"), rank(1, "a|1", "b|3"));
    }
}
