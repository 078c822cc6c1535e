//! Decimal numbers in text, through the machinery that documents in JSON bring along anyway: the standard library's
//! own tables for reading and writing such numbers take fifteen kilobytes of each package for browsers.

/// The number that a decimal text stands for, to the last bit: figures with or without a point, a sign and a power of
/// ten (`0.5`, `.5`, `+12`, `1e-7`).
pub(crate) fn parse(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (figures, power) = match unsigned.split_once(['e', 'E']) {
        Some((figures, power)) => (figures, power.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, part) = figures.split_once('.').unwrap_or((figures, ""));
    if whole.len() + part.len() == 0 || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // JSON allows no zeros in front and asks for figures on both sides of a point, so the point is given as a power.
    let joined = [whole, part].concat();
    let significant = match joined.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let power = power.checked_sub(i32::try_from(part.len()).ok()?)?;
    // As a value of any kind: asked for a number alone, the parser would bring words for each other kind, and with
    // them the standard library's way to write numbers.
    let number = serde_json::from_str::<serde_json::Value>(&format!("{significant}e{power}")).ok()?.as_f64()?;
    Some(if negative { -number } else { number })
}

/// The shortest text that [`parse`] reads back as the same number: whole numbers without a point.
pub(crate) fn shortest(number: f64) -> String {
    /// Up to here every whole number has a `f64` of its own.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if number.abs() < WHOLE && number == libm::trunc(number) {
        return (number as i64).to_string();
    }
    match serde_json::Number::from_f64(number) {
        Some(number) => number.to_string(),
        None => String::from(if number.is_nan() { "NaN" } else { "infinite" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_is_read_back_to_the_last_bit(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite() && number != 0.0);
            prop_assert_eq!(parse(&shortest(number)).map(f64::to_bits), Some(bits));
            prop_assert_eq!(parse(&number.to_string()).map(f64::to_bits), Some(bits));
        }

        #[test]
        fn decimals_are_read_as_the_standard_library_reads_them(text in r"[+-]?[0-9]{0,25}(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,2})?") {
            prop_assert_eq!(parse(&text).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits));
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused_and_whole_numbers_have_no_point() {
        for text in ["", ".", "-", "e5", "1e", "x", "1,5", "inf", "NaN", "1e400", "0x10", " 1", "१"] {
            assert_eq!(parse(text), None, "{text}");
        }
        let written = [10860.0, 1.417, 0.25, 3.0, 1e6, 1e-7].map(shortest);
        assert_eq!(written, ["10860", "1.417", "0.25", "3", "1000000", "1e-7"]);
    }
}
