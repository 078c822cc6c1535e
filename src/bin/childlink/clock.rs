//! What time it is: only the shell may ask.

use childlink::date::Date;
use std::time::{SystemTime, UNIX_EPOCH};

/// The moment in ISO 8601, UTC, to the millisecond: a form that sorts.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, millis) = (since.as_secs(), since.subsec_millis());
    let day = i32::try_from(seconds / 86_400).ok().and_then(Date::from_days_since_1970);
    let (year, month, day) = day.map_or((1970, 1, 1), Date::parts);
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_sort_and_are_of_one_length() {
        let (one, two) = (now(), now());
        assert!(one <= two && one.len() == 24 && one.ends_with('Z'), "{one} {two}");
    }
}
