//! The check digit of SNOMED CT identifiers.

/// Whether the text is 6 to 18 digits that end in their Verhoeff check digit.
///
/// # Source
/// SNOMED International, SNOMED CT Release File Specifications, "SNOMED CT Identifiers: check-digit".
pub(super) fn is_valid(code: &str) -> bool {
    (6..=18).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && code
            .bytes()
            .rev()
            .enumerate()
            .fold(0, |check, (place, byte)| multiply(check, permute(place, usize::from(byte - b'0'))))
            == 0
}

/// Multiplication in the dihedral group of the pentagon.
fn multiply(a: usize, b: usize) -> usize {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// The permutation of a digit at a place, counted from the right.
fn permute(place: usize, digit: usize) -> usize {
    const ONCE: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    (0..place % 8).fold(digit, |digit, _| ONCE[digit])
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn published_codes_pass_and_any_changed_digit_fails() {
        // MMR target diseases and a dm+d product, as used by NHS England's immunisation services.
        for code in ["14189004", "36989005", "36653000", "38907003", "34765811000001105"] {
            assert!(is_valid(code), "{code}");
            for place in 0..code.len() {
                let mut changed = code.as_bytes().to_vec();
                changed[place] = b'0' + (changed[place] - b'0' + 1) % 10;
                assert!(!is_valid(std::str::from_utf8(&changed).unwrap()), "{code} changed at {place}");
            }
        }
        assert!(!is_valid("12345"));
        assert!(!is_valid("1418900x"));
    }
}
