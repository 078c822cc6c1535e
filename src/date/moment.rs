//! Moments as people and programs write them, for putting decisions in order.

use super::Date;

/// A moment that can be compared with another, however each is written.
///
/// A date alone counts as its first moment, and a time without a zone as UTC. Text that is no moment comes before
/// every one, in the order of its characters; what stands behind a moment, after a space, decides between equal ones.
///
/// ```
/// use childlink::date::Moment;
/// let (late, early) = (Moment::of("2026-11-21T09:30+00:00"), Moment::of("2026-11-21T10:00:00.5+01:00"));
/// assert!(early < late && Moment::of("2026-11-21") < early);
/// assert_eq!(Moment::of("2026-11-21 09:30"), late);
/// assert_eq!(Moment::parse("30/06/2026"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment<'t> {
    /// Seconds since 1970-01-01T00:00:00Z, and billionths.
    at: Option<(i64, u32)>,
    /// What is no part of it.
    rest: &'t str,
}

impl<'t> Moment<'t> {
    /// Reads `YYYY-MM-DD`, or that with a `T` or a space and `hh:mm[:ss[.fff]]`, with or without a zone: `Z`, `+hh:mm`,
    /// `+hhmm` or `+hh`. `None` for anything else, and for a day, an hour or an offset that does not exist.
    ///
    /// # Source
    /// ISO 8601-1:2019, extended format of calendar date and time of day; RFC 3339 5.6 for the space.
    pub fn parse(text: &'t str) -> Option<Moment<'t>> {
        let Some((date, time)) = text.split_once(['T', ' ']) else {
            return Some(Moment { at: Some((midnight(text)?, 0)), rest: "" });
        };
        let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = time.split_at_checked(zone)?;
        let (seconds, billionths) = time_of_day(clock)?;
        Some(Moment { at: Some((midnight(date)? + seconds - offset(zone)?, billionths)), rest: "" })
    }

    /// The moment that a text names.
    pub fn of(text: &'t str) -> Moment<'t> {
        Moment::parse(text).unwrap_or_else(|| {
            let behind = text.rsplit_once(' ').and_then(|(moment, rest)| Some((Moment::parse(moment)?, rest)));
            behind.map_or(Moment { at: None, rest: text }, |(moment, rest)| Moment { rest, ..moment })
        })
    }
}

/// When a day begins in UTC, in seconds.
fn midnight(date: &str) -> Option<i64> {
    Some(i64::from(Date::parse(date).ok()?.days_since_1970()) * 86_400)
}

/// Two figures that stand for at most so much.
fn two_figures(text: &str, most: i64) -> Option<i64> {
    let figures = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&n| figures && n <= most)
}

/// Seconds and billionths after midnight of `hh:mm[:ss[.f...]]`. A leap second (60) is let in.
fn time_of_day(text: &str) -> Option<(i64, u32)> {
    let mut parts = text.splitn(3, ':');
    let minutes = two_figures(parts.next()?, 23)? * 60 + two_figures(parts.next()?, 59)?;
    let Some(seconds) = parts.next() else { return Some((minutes * 60, 0)) };
    let (whole, fraction) = match seconds.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (seconds, None),
    };
    let billionths = match fraction {
        None => 0,
        Some(figures) if figures.is_empty() || !figures.bytes().all(|b| b.is_ascii_digit()) => return None,
        Some(figures) => figures.bytes().chain([b'0'; 9]).take(9).fold(0, |n, b| n * 10 + u32::from(b - b'0')),
    };
    Some((minutes * 60 + two_figures(whole, 60)?, billionths))
}

/// Seconds by which a zone is ahead of UTC; 14 hours at most.
fn offset(zone: &str) -> Option<i64> {
    let (sign, figures) = match zone.as_bytes() {
        [] | [b'Z'] => return Some(0),
        [b'+', ..] => (1, &zone[1..]),
        [b'-', ..] => (-1, &zone[1..]),
        _ => return None,
    };
    let (hours, minutes) = match figures.len() {
        2 => (figures, "00"),
        4 => figures.split_at_checked(2)?,
        _ => figures.split_once(':')?,
    };
    let minutes = two_figures(hours, 14)? * 60 + two_figures(minutes, 59)?;
    (minutes <= 14 * 60).then_some(sign * minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_compared_as_times_and_not_as_texts() {
        let rising = [
            "yesterday",
            "2026-06-30",
            "2026-06-30T00:30:00.25Z",
            "2026-06-30T00:30:00.3",
            "2026-06-30T02:00+0100",
            "2026-06-29 21:00-05",
            "2026-11-01",
            "2026-11-01T09:00:00.000Z 00000000000000000002",
            "2026-11-01T09:00:00.000Z 00000000000000000010",
        ];
        for pair in rising.windows(2) {
            assert!(Moment::of(pair[0]) < Moment::of(pair[1]), "{pair:?}");
        }
        assert_eq!(Moment::of("2026-06-30T23:30:00Z"), Moment::of("2026-07-01T00:30+01:00"));
    }

    #[test]
    fn what_is_no_moment_of_the_calendar_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11",
            "30/06/2026",
            "2026-02-31",
            "2026-11-21T",
            "2026-11-21T24:00",
            "2026-11-21T9:30",
            "2026-11-21T09:30:00.Z",
            "2026-11-21T09:30+14:30",
            "2026-11-21T09:30+1",
            "2026-11-21T09:30ZZ",
            "2026-11-21 x",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
        for text in ["2026-11-21", "2026-11-21T09:30", "2026-11-21T09:30:00,5Z", "2026-11-21 09:30:60+05:30"] {
            assert!(Moment::parse(text).is_some(), "{text}");
        }
    }
}
