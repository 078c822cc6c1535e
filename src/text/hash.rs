//! A fast 64-bit hash with the same value on every target, for interning, blocking keys and sampling.
//!
//! Never for anything secret: barred pairs use a keyed hash (`barred`).

/// Odd constants without structure (the fractional digits of pi and e).
const K0: u64 = 0x243f_6a88_85a3_08d3;
const K1: u64 = 0x1319_8a2e_0370_7345;
const K2: u64 = 0xb7e1_5162_8aed_2a6b;

/// Multiplies to 128 bits and folds the halves together: every input bit reaches every output bit.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    // Wasm has no multiplication to 128 bits, and calls a function for it that does twice the work.
    let (low, high) = if cfg!(target_family = "wasm") { product_by_halves(a, b) } else { product(a, b) };
    low ^ high
}

/// The lower and the upper half of a product.
const fn product(a: u64, b: u64) -> (u64, u64) {
    let wide = (a as u128) * (b as u128);
    (wide as u64, (wide >> 64) as u64)
}

/// The same by four products of half words.
#[inline]
const fn product_by_halves(a: u64, b: u64) -> (u64, u64) {
    const HALF: u64 = u32::MAX as u64;
    let (a_low, a_high, b_low, b_high) = (a & HALF, a >> 32, b & HALF, b >> 32);
    let (inner, outer) = (a_high * b_low, a_low * b_high);
    // The sum of three half words: it cannot overflow.
    let middle = ((a_low * b_low) >> 32) + (inner & HALF) + (outer & HALF);
    // What the sum has below its carry is in the product too. To take it away changes nothing but that the optimiser no
    // longer knows the sum for a product of 128 bits, which it would make of it again.
    let low = a.wrapping_mul(b);
    let carry = (middle - (low >> 32)) >> 32;
    (low, a_high * b_high + (inner >> 32) + (outer >> 32) + carry)
}

/// Spreads one word.
///
/// ```
/// use childlink::text::hash::{of_text, of_word};
/// assert_ne!(of_word(1), of_word(2));
/// assert_eq!(of_text("SMITH"), of_text("SMITH"));
/// ```
#[inline]
pub const fn of_word(word: u64) -> u64 {
    fold(word ^ K0, K1)
}

/// Joins two hashes; the order matters.
#[inline]
pub const fn join(left: u64, right: u64) -> u64 {
    fold(left ^ K2, right.rotate_left(23) ^ K1)
}

/// The hash of a text's bytes.
#[inline]
pub fn of_text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut state = K0 ^ (bytes.len() as u64);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), K1);
    }
    fold(state ^ word_of(rest), K2)
}

/// At most eight bytes as a word, the first in the lowest place, zeros after the end. The two halves are read
/// so that they overlap, which spares a copy of unknown length.
#[inline]
pub(crate) fn word_of(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4))
    } else {
        bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn products_by_halves_are_products(a: u64, b: u64) {
            prop_assert_eq!(product_by_halves(a, b), product(a, b));
            let (greatest, great) = (u64::MAX - a % 4, u64::MAX - b % 4);
            prop_assert_eq!(product_by_halves(greatest, great), product(greatest, great));
        }
    }

    #[test]
    fn length_and_order_tell() {
        assert_ne!(of_text(""), of_text("\0"));
        assert_ne!(of_text("12345678"), of_text("12345678\0"));
        assert_ne!(join(1, 2), join(2, 1));
    }

    #[test]
    fn values_are_the_same_on_every_target() {
        // Pinned so that a change of hash, which would change samples and snapshots, is seen.
        assert_eq!(of_word(1), 0xcd796654af483bef);
        assert_eq!(of_text("CHILD HEALTH"), 0x451bd88aa9eceded);
    }
}
