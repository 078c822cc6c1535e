//! Birth dates packed so that their parts compare without division.

use crate::date::{Date, PartialDate};

/// A whole or partial date in 32 bits: year, month (0 unknown), day (0 unknown); 0 is no date.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PackedDate(u32);

impl From<PartialDate> for PackedDate {
    fn from(date: PartialDate) -> PackedDate {
        PackedDate(((date.year() as u32) << 9) | (date.month().unwrap_or(0) << 5) | date.day().unwrap_or(0))
    }
}

impl PackedDate {
    /// The date of these [`bits`](Self::bits).
    pub(crate) fn from_bits(bits: u64) -> PackedDate {
        PackedDate(bits as u32)
    }

    /// Whether there is a date at all.
    pub(crate) fn is_known(self) -> bool {
        self.0 != 0
    }

    /// Whether year, month and day are known.
    pub(crate) fn is_whole(self) -> bool {
        self.day() != 0
    }

    pub(crate) fn year(self) -> u32 {
        self.0 >> 9
    }

    /// 1 to 12; 0 if unknown.
    pub(crate) fn month(self) -> u32 {
        (self.0 >> 5) & 15
    }

    /// 1 to 31; 0 if unknown.
    pub(crate) fn day(self) -> u32 {
        self.0 & 31
    }

    /// 1 January, which stands for an unknown day in many systems.
    pub(crate) fn is_filler(self) -> bool {
        self.month() == 1 && self.day() == 1
    }

    /// All of it as one number for keys.
    pub(crate) fn bits(self) -> u64 {
        u64::from(self.0)
    }

    /// The same date with day and month exchanged, if the calendar has such a day.
    pub(crate) fn exchanged(self) -> Option<PackedDate> {
        let exchanged = PackedDate((self.year() << 9) | (self.day() << 5) | self.month());
        (self.is_whole() && self.day() <= 12).then_some(exchanged)
    }

    /// The calendar day of a whole date.
    pub(crate) fn exact(self) -> Option<Date> {
        Date::new(self.year() as i32, self.month(), self.day()).ok()
    }

    /// Whether the figures YYYYMMDD differ by one figure or one swap of neighbours.
    pub(crate) fn is_slip_of(self, other: PackedDate) -> bool {
        self.is_whole() && other.is_whole() && is_slip(self.figures(), other.figures())
    }

    /// The figures YYYYMMDD of a date, four bits each.
    pub(crate) fn figures(self) -> u32 {
        let two = |number: u32| ((number / 10) << 4) | (number % 10);
        let year = self.year();
        (two(year / 100 % 100) << 24) | (two(year % 100) << 16) | (two(self.month()) << 8) | two(self.day())
    }

    /// How many of year, month and day agree and are known on both sides.
    pub(crate) fn parts_agreeing(self, other: PackedDate) -> u32 {
        u32::from(self.year() == other.year())
            + u32::from(self.month() == other.month() && self.month() != 0)
            + u32::from(self.day() == other.day() && self.day() != 0)
    }

    /// Whether what is known on both sides agrees and something is unknown on one side.
    pub(crate) fn is_partly(self, other: PackedDate) -> bool {
        let agree = |a: u32, b: u32| a == b || a == 0 || b == 0;
        !(self.is_whole() && other.is_whole())
            && self.year() == other.year()
            && agree(self.month(), other.month())
            && agree(self.day(), other.day())
    }
}

/// Whether the [`figures`](PackedDate::figures) of two whole dates differ by one figure or one swap of neighbours.
pub(crate) fn is_slip(own: u32, others: u32) -> bool {
    let differing = own ^ others;
    if differing == 0 {
        return false;
    }
    let lowest = differing.trailing_zeros() / 4 * 4;
    let two = |figures: u32| ((figures >> lowest) & 15, (figures >> lowest >> 4) & 15);
    match differing >> lowest {
        // One figure, or two neighbours.
        1..=15 => true,
        16..=255 => two(own) == (two(others).1, two(others).0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> PackedDate {
        PartialDate::parse(text).unwrap().into()
    }

    #[test]
    fn parts_exchange_and_slips() {
        assert!(date("2019-03-11").exchanged() == Some(date("2019-11-03")));
        assert!(date("2019-03-13").exchanged().is_none());
        assert!(date("2019-03-12").is_slip_of(date("2019-03-21")));
        assert!(date("2019-03-12").is_slip_of(date("2018-03-12")));
        assert!(!date("2019-03-12").is_slip_of(date("2018-03-13")));
        assert_eq!(date("2019-03-12").parts_agreeing(date("2019-04-12")), 2);
        assert!(date("2019-03").is_partly(date("2019-03-12")));
        assert!(!date("2019-03").is_partly(date("2019-04-12")));
        assert!(date("2019-01-01").is_filler());
    }

    #[test]
    fn a_slip_is_that_of_the_figures_of_the_date() {
        // Against the same question asked of the number YYYYMMDD, for every pair of days of a few months.
        let days: Vec<PackedDate> = ["1999-12", "2000-01", "2001-10", "2010-01", "2019-02"]
            .into_iter()
            .flat_map(|month| (1..=28).map(move |day| date(&format!("{month}-{day:02}"))))
            .collect();
        let number =
            |date: PackedDate| u64::from(date.year()) * 10_000 + u64::from(date.month()) * 100 + u64::from(date.day());
        for a in &days {
            for b in &days {
                let slip = super::super::number::is_slip(number(*a), number(*b));
                assert_eq!(a.is_slip_of(*b), slip, "{} {}", number(*a), number(*b));
            }
        }
    }
}
