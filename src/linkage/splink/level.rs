//! The rules by which Splink weighs a level.

/// The least m or u probability that a model may hold.
pub const LEAST_PROBABILITY: f64 = 1e-300;

/// The m probabilities that Splink gives to the untrained levels of a comparison, by gamma from 0.
///
/// # Source
/// Splink 5.0.0, executed: 0.95 for the top level, the rest shared equally.
pub fn default_m(levels: usize) -> Vec<f64> {
    let top = 0.95;
    match levels {
        0 => Vec::new(),
        1 => vec![top],
        _ => {
            let mut m = vec![(1.0 - top) / (levels - 1) as f64; levels - 1];
            m.push(top);
            m
        }
    }
}

/// The u probabilities that Splink gives to the untrained levels of a comparison, by gamma from 0. They may
/// be above 1.
///
/// ```
/// use childlink::linkage::splink::level::default_u;
/// let u = default_u(3);
/// assert!((u[0] - 0.8).abs() < 1e-12 && (u[1] - 0.003125).abs() < 1e-12);
/// ```
///
/// # Source
/// Splink 5.0.0, executed: m / 2^w, with w 10 for the top and evenly from -5 to 3 below it.
pub fn default_u(levels: usize) -> Vec<f64> {
    let below_top = levels.saturating_sub(1);
    let weight = |gamma: usize| match (gamma, below_top) {
        (gamma, below_top) if gamma == below_top => 10.0,
        (_, 1) => -5.0,
        (gamma, below_top) => -5.0 + 8.0 * gamma as f64 / (below_top - 1) as f64,
    };
    default_m(levels).into_iter().enumerate().map(|(gamma, m)| m / libm::exp2(weight(gamma))).collect()
}

/// The match weight in bits of a level: log2(m/u).
pub fn match_weight(m: f64, u: f64) -> f64 {
    libm::log2(m.max(LEAST_PROBABILITY) / u.max(LEAST_PROBABILITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untrained_levels_get_the_probabilities_that_splink_gives() {
        // Splink 5.0.0, by number of levels that are not null.
        let cases: [(usize, &[f64], &[f64]); 5] = [
            (2, &[0.05, 0.95], &[1.6, 0.000_927_73]),
            (3, &[0.025, 0.025, 0.95], &[0.8, 0.003_125, 0.000_927_73]),
            (4, &[0.016_667, 0.016_667, 0.016_667, 0.95], &[0.533_333, 0.033_333, 0.002_083_33, 0.000_927_73]),
            (5, &[0.0125, 0.0125, 0.0125, 0.0125, 0.95], &[0.4, 0.062_996, 0.009_921, 0.001_562_5, 0.000_927_73]),
            (6, &[0.01, 0.01, 0.01, 0.01, 0.01, 0.95], &[0.32, 0.08, 0.02, 0.005, 0.001_25, 0.000_927_73]),
        ];
        for (levels, m, u) in cases {
            let close = |found: Vec<f64>, wanted: &[f64]| {
                found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6)
            };
            assert!(close(default_m(levels), m), "m of {levels} levels: {:?}", default_m(levels));
            assert!(close(default_u(levels), u), "u of {levels} levels: {:?}", default_u(levels));
        }
    }
}
