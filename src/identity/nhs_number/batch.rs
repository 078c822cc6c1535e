//! NHS numbers by the million: the check on eight figures at once.

use super::super::ten_digits::TenDigits;

/// Checks numbers written as ten ASCII figures each, one after the other without separators, and tells
/// for each whether it is valid. Checks as many as both slices hold, and returns how many are valid.
///
/// ```
/// use childlink::identity::nhs_number::check_packed;
/// let mut valid = [false; 3];
/// assert_eq!(check_packed(b"943476591994347659181111111111", &mut valid), 1);
/// assert_eq!(valid, [true, false, false]);
/// ```
pub fn check_packed(figures: &[u8], valid: &mut [bool]) -> usize {
    let (numbers, _) = figures.as_chunks::<10>();
    check(numbers.iter().map(TenDigits::from_ascii), valid)
}

/// Checks numbers held as whole numbers, and tells for each whether it is valid. Checks as many as both
/// slices hold, and returns how many are valid.
///
/// ```
/// use childlink::identity::nhs_number::check_whole;
/// let mut valid = [false; 3];
/// assert_eq!(check_whole(&[9_434_765_919, 9_434_765_918, u64::MAX], &mut valid), 1);
/// assert_eq!(valid, [true, false, false]);
/// ```
pub fn check_whole(numbers: &[u64], valid: &mut [bool]) -> usize {
    check(numbers.iter().map(|&number| TenDigits::from_whole(number)), valid)
}

fn check(numbers: impl Iterator<Item = Option<TenDigits>>, valid: &mut [bool]) -> usize {
    let mut count = 0;
    for (number, valid) in numbers.zip(valid) {
        *valid = number.is_some_and(|number| number.passes_modulus_11() && !number.is_repeated_digit());
        count += usize::from(*valid);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::NhsNumber;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_agree_with_one_at_a_time(numbers in prop::collection::vec(0u64..10_000_000_000, 0..50)) {
            let packed: String = numbers.iter().map(|number| format!("{number:010}")).collect();
            let one_at_a_time: Vec<bool> =
                numbers.iter().map(|number| NhsNumber::parse(&format!("{number:010}")).is_ok()).collect();
            let mut valid = vec![false; numbers.len()];
            let count = check_packed(packed.as_bytes(), &mut valid);
            prop_assert_eq!(&valid, &one_at_a_time);
            prop_assert_eq!(count, valid.iter().filter(|valid| **valid).count());
            valid.fill(false);
            check_whole(&numbers, &mut valid);
            prop_assert_eq!(&valid, &one_at_a_time);
        }

        #[test]
        fn bytes_that_are_no_figures_are_never_valid(bytes in any::<[u8; 10]>()) {
            let mut valid = [true];
            check_packed(&bytes, &mut valid);
            let parsed = std::str::from_utf8(&bytes).ok().filter(|_| bytes.iter().all(u8::is_ascii_digit));
            prop_assert_eq!(valid[0], parsed.is_some_and(|text| NhsNumber::parse(text).is_ok()));
        }
    }
}
