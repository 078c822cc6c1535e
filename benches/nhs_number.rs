//! promise/200-million-nhs-numbers-a-second: valid or not, from packed input, on one core.
//!
//! Run with `cargo bench --bench nhs_number`. The answer is asserted before its time is told.

use childlink::identity::nhs_number::{NhsNumber, check_packed, check_whole};
use std::hint::black_box;
use std::time::Instant;

/// Fits in a near cache, as batches do.
const NUMBERS: usize = 20_000;
const ROUNDS: usize = 2_000;

fn main() {
    // A walk with a step prime to 10^10 gives numbers in no order, one in eleven of them valid.
    let whole: Vec<u64> = (0..NUMBERS as u64).map(|index| (index * 6_180_339_887) % 10_000_000_000).collect();
    let packed: String = whole.iter().map(|number| format!("{number:010}")).collect();
    let expected =
        packed.as_bytes().chunks(10).filter(|text| NhsNumber::parse(str::from_utf8(text).unwrap()).is_ok()).count();
    assert!(NUMBERS / 12 < expected && expected < NUMBERS / 10, "one in eleven is valid, not {expected}");

    let mut valid = vec![false; NUMBERS];
    report("check_packed, ten ASCII figures each", expected, || check_packed(black_box(packed.as_bytes()), &mut valid));
    report("check_whole, one u64 each", expected, || check_whole(black_box(&whole), &mut valid));
    let texts: Vec<&str> = packed.as_bytes().chunks(10).map(|text| str::from_utf8(text).unwrap()).collect();
    report("NhsNumber::parse, one text each", expected, || {
        black_box(&texts).iter().filter(|text| NhsNumber::parse(text).is_ok()).count()
    });
}

/// Prints the best of five runs, in millions a second.
fn report(name: &str, expected: usize, mut check: impl FnMut() -> usize) {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            assert_eq!(check(), expected);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}: {:.0} million a second", (NUMBERS * ROUNDS) as f64 / best / 1e6);
}
