//! Numbers and texts in bytes: small numbers take little room, a text stands behind its length.

/// Appends a number, seven bits a byte.
pub(crate) fn write_length(bytes: &mut Vec<u8>, mut length: u64) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// Takes a number written by [`write_length`] off the front.
#[inline]
pub(crate) fn read_length(bytes: &mut &[u8]) -> Option<u64> {
    let mut length = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

/// Takes a number that fits its type off the front.
#[inline]
pub(crate) fn read_number<T: TryFrom<u64>>(bytes: &mut &[u8]) -> Option<T> {
    read_length(bytes)?.try_into().ok()
}

/// Appends a text behind its length.
pub(crate) fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_length(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

/// Takes a text behind its length off the front.
pub(crate) fn read_text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    let length = read_number(bytes)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

/// Appends how many numbers there are, then each.
#[cfg(any(feature = "csv", test))]
pub(crate) fn write_list(bytes: &mut Vec<u8>, numbers: impl ExactSizeIterator<Item = u64>) {
    write_length(bytes, numbers.len() as u64);
    numbers.for_each(|number| write_length(bytes, number));
}

/// Takes a list written by `write_list` off the front.
pub(crate) fn read_list<T: TryFrom<u64>>(bytes: &mut &[u8]) -> Option<Vec<T>> {
    let count: usize = read_number(bytes)?;
    // Each number takes a byte at least: a damaged count asks for no more room than the bytes can fill.
    let mut numbers = Vec::with_capacity(count.min(bytes.len()));
    for _ in 0..count {
        numbers.push(read_number(bytes)?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(numbers in prop::collection::vec(any::<u64>(), 0..20), text in ".*") {
            let mut bytes = Vec::new();
            write_list(&mut bytes, numbers.iter().copied());
            write_text(&mut bytes, &text);
            let rest = &mut &bytes[..];
            prop_assert_eq!(read_list::<u64>(rest), Some(numbers));
            prop_assert_eq!(read_text(rest), Some(text.as_str()));
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn what_is_cut_off_or_too_large_is_refused() {
        assert_eq!(read_length(&mut &[0x80][..]), None);
        assert_eq!(read_number::<u8>(&mut &[0x80, 0x02][..]), None);
        assert_eq!(read_text(&mut &[3, b'a'][..]), None);
        assert_eq!(read_list::<u32>(&mut &[0xff, 0xff, 0xff, 0x7f, 1][..]), None);
    }
}
