//! promise/jaro-winkler-many-times-faster: pairs of surnames a second on one core, beside `strsim`.
//!
//! Run with `cargo bench --bench similarity`. Both must give the same sum before their times are told.

use childlink::text::similarity::{jaro_winkler, jaro_winkler_from};
use std::hint::black_box;
use std::time::Instant;

const PAIRS: usize = 10_000;

fn main() {
    let names: Vec<String> = (0..PAIRS + 1).map(surname).collect();
    let letters: usize = names.iter().map(String::len).sum();
    println!("mean length {:.1}", letters as f64 / names.len() as f64);
    // Every second pair shares its first three letters, as pairs within a block do.
    let pairs: Vec<(String, String)> = names
        .windows(2)
        .enumerate()
        .map(|(index, pair)| {
            let right = if index % 2 == 0 { pair[1].clone() } else { format!("{}{}", &pair[0][..3], &pair[1][3..]) };
            (pair[0].clone(), right)
        })
        .collect();

    let expected = report("strsim", &pairs, strsim::jaro_winkler);
    let got = report("jaro_winkler", &pairs, jaro_winkler);
    assert_eq!(got.to_bits(), expected.to_bits());
    let alike: f64 = pairs.iter().map(|(a, b)| strsim::jaro_winkler(a, b)).filter(|value| *value >= 0.88).sum();
    let got = report("jaro_winkler_from 0.88", &pairs, |a, b| jaro_winkler_from(a, b, 0.88).unwrap_or(0.0));
    assert_eq!(got.to_bits(), alike.to_bits());
}

/// Prints the best of fifty runs, in millions a second, and gives the sum of all similarities.
fn report(name: &str, pairs: &[(String, String)], similarity: impl Fn(&str, &str) -> f64) -> f64 {
    let mut best = f64::INFINITY;
    let mut sum = 0.0;
    for _ in 0..50 {
        let start = Instant::now();
        sum = black_box(pairs).iter().map(|(a, b)| similarity(a, b)).sum();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{name}: {:.1} million pairs a second, mean {:.6}",
        pairs.len() as f64 / best / 1e6,
        sum / pairs.len() as f64
    );
    sum
}

/// A made-up surname of two or three syllables and an ending.
fn surname(index: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "HAR", "WIL", "SMITH", "AK", "BEN", "COOP", "DAV", "ED", "FOST", "GRI", "HUSS", "KOW", "MAC", "OKE", "PAT",
        "SING",
    ];
    const ENDINGS: [&str; 8] = ["SON", "LEY", "WORTH", "ALSKI", "EL", "AIN", "TON", "FORD"];
    let mixed = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut name = String::from(SYLLABLES[mixed >> 60]);
    name.push_str(SYLLABLES[mixed >> 56 & 15]);
    if mixed >> 55 & 1 == 1 {
        name.push_str(SYLLABLES[mixed >> 51 & 15]);
    }
    name.push_str(ENDINGS[mixed >> 48 & 7]);
    name
}
