//! Functions of dates and timestamps.
//!
//! Days and microseconds count from 1 January 1970 in the proleptic Gregorian calendar, for any year: data of
//! other subjects than children reach beyond the years that [`crate::date::Date`] holds.

use super::Function;
use crate::linkage::value::Value;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The function of these arguments, none of which is missing.
pub(super) fn evaluate(function: Function, arguments: &[Value]) -> Value {
    match (function, arguments) {
        (Function::Epoch, [Value::Date(days)]) => Value::Float(f64::from(*days) * 86_400.0),
        // A duration is a whole number of microseconds.
        (Function::Epoch, [Value::Timestamp(micros) | Value::Integer(micros)]) => {
            Value::Float(*micros as f64 / SECOND as f64)
        }
        (Function::ParseTime, [Value::Text(text), Value::Text(format)]) => parsed(text, &[format]),
        (Function::ParseTime, [Value::Text(text), Value::List(formats)]) => {
            parsed(text, &formats.iter().filter_map(Value::as_text).collect::<Vec<_>>())
        }
        (Function::DateDifference, [Value::Text(part), from, to]) => difference(part, from, to),
        (Function::DatePart, [Value::Text(part), time]) => date_part(part, time),
        (Function::FormatTime, [time, Value::Text(format)]) => format_time(time, format),
        _ => Value::Null,
    }
}

/// Whether [`date_part`] and [`difference`] know this part of a date.
pub(in crate::linkage::splink) fn knows_part(part: &str) -> bool {
    matches!(
        part,
        "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second" | "dow" | "doy" | "epoch"
    )
}

/// Whether [`parse_time`] knows every specifier of a format.
pub(in crate::linkage::splink) fn knows_format(format: &str) -> bool {
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        let specifier = match c {
            '%' => rest.next(),
            _ => continue,
        };
        let specifier = if specifier == Some('-') { rest.next() } else { specifier };
        if !matches!(specifier, Some('Y' | 'y' | 'm' | 'd' | 'H' | 'M' | 'S' | 'f' | 'b' | 'B' | 'a' | 'A' | '%')) {
            return false;
        }
    }
    true
}

fn parsed(text: &str, formats: &[&str]) -> Value {
    formats.iter().find_map(|format| parse_time(text, format)).map_or(Value::Null, Value::Timestamp)
}

/// Reads a text by a format of `%Y %y %m %d %H %M %S %f %b %B %a %A`, in microseconds since 1970. As in
/// DuckDB, numbers need no leading zeros, white space around the text and in place of one space is
/// skipped, and parts not given are those of 1 January 1900.
pub fn parse_time(text: &str, format: &str) -> Option<i64> {
    let mut rest = text.trim_start();
    let (mut year, mut month, mut day) = (1900i64, 1i64, 1i64);
    let (mut hour, mut minute, mut second, mut micros) = (0i64, 0i64, 0i64, 0i64);
    let mut specifiers = format.chars();
    while let Some(c) = specifiers.next() {
        if c.is_whitespace() {
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
            continue;
        }
        if c != '%' {
            rest = rest.strip_prefix(c)?;
            continue;
        }
        let specifier = match specifiers.next()? {
            '-' => specifiers.next()?,
            other => other,
        };
        match specifier {
            'Y' => year = number(&mut rest, 4)?,
            'y' => {
                let short = number(&mut rest, 2)?;
                year = if short < 69 { 2000 + short } else { 1900 + short };
            }
            'm' => month = number(&mut rest, 2)?,
            'd' => day = number(&mut rest, 2)?,
            'H' => hour = number(&mut rest, 2)?,
            'M' => minute = number(&mut rest, 2)?,
            'S' => second = number(&mut rest, 2)?,
            'f' => {
                let digits = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
                micros = number(&mut rest, 6)? * 10i64.pow(6 - digits as u32);
            }
            'b' => month = name(&mut rest, MONTHS.iter().map(|month| &month[..3]))? + 1,
            'B' => month = name(&mut rest, MONTHS)? + 1,
            'a' => drop(name(&mut rest, WEEKDAYS.iter().map(|day| &day[..3]))?),
            'A' => drop(name(&mut rest, WEEKDAYS)?),
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    let in_range = rest.trim_start().is_empty() && hour < 24 && minute < 60 && second < 60;
    let days = days(year, month, day).filter(|_| in_range)?;
    Some(days * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + micros)
}

fn number(rest: &mut &str, most: usize) -> Option<i64> {
    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    number.parse().ok()
}

fn name<'a>(rest: &mut &str, names: impl IntoIterator<Item = &'a str>) -> Option<i64> {
    let starts = |name: &str| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let (index, length) =
        names.into_iter().enumerate().find(|(_, name)| starts(name)).map(|(index, name)| (index, name.len()))?;
    *rest = &rest[length..];
    Some(index as i64)
}

/// The day of a text such as `2020-1-5` or `2020/01/05`, as a cast to a date reads it. A time of day may
/// follow.
pub(in crate::linkage::splink) fn date_of_text(text: &str) -> Option<i32> {
    let (days, rest) = leading_date(text)?;
    time_of_day(rest)?;
    i32::try_from(days).ok()
}

/// The time of a text such as `2020-01-05 10:11:12.5` or `2020-01-05T10:11:12Z`, as a cast to a timestamp
/// reads it.
pub(in crate::linkage::splink) fn timestamp_of_text(text: &str) -> Option<i64> {
    let (days, rest) = leading_date(text)?;
    Some(days * DAY + time_of_day(rest)?)
}

/// The day at the start of a text, its parts separated alike, and what follows. Years may have more than four
/// figures.
fn leading_date(text: &str) -> Option<(i64, &str)> {
    let mut rest = text.trim();
    let year = number(&mut rest, 6)?;
    let separator = rest.chars().next().filter(|c| matches!(c, '-' | '/' | ' '))?;
    rest = rest.strip_prefix(separator)?;
    let month = number(&mut rest, 2)?;
    rest = rest.strip_prefix(separator)?;
    let day = number(&mut rest, 2)?;
    Some((days(year, month, day)?, rest))
}

/// Microseconds since midnight of a text such as `T10:11:12Z`; 0 where nothing is left.
fn time_of_day(text: &str) -> Option<i64> {
    let text = text.trim_end();
    if text.is_empty() {
        return Some(0);
    }
    let text = text.strip_prefix(['T', ' '])?;
    let text = text.strip_suffix('Z').unwrap_or(text);
    let midnight = days(1900, 1, 1)? * DAY;
    ["%H:%M:%S.%f", "%H:%M:%S", "%H:%M"].iter().find_map(|format| parse_time(text, format)).map(|time| time - midnight)
}

/// Microseconds at the start of a day.
pub(in crate::linkage::splink) fn start_of_day(days: i32) -> i64 {
    i64::from(days) * DAY
}

/// The day of a time.
pub(in crate::linkage::splink) fn day_of(micros: i64) -> i32 {
    micros.div_euclid(DAY) as i32
}

pub(super) fn written_date(days: i32) -> String {
    let (year, month, day) = civil(i64::from(days));
    format!("{year:04}-{month:02}-{day:02}")
}

pub(super) fn written_timestamp(micros: i64) -> String {
    let seconds = micros.rem_euclid(DAY) / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let date = written_date(day_of(micros));
    let fraction = match micros.rem_euclid(SECOND) {
        0 => String::new(),
        micros => format!(".{micros:06}").trim_end_matches('0').to_owned(),
    };
    format!("{date} {hour:02}:{minute:02}:{second:02}{fraction}")
}

fn micros_of(value: &Value) -> Option<i64> {
    match value {
        Value::Date(days) => Some(start_of_day(*days)),
        Value::Timestamp(micros) => Some(*micros),
        _ => None,
    }
}

/// How many boundaries of a part of the calendar lie between two times (weeks: whole weeks of days).
fn difference(part: &str, from: &Value, to: &Value) -> Value {
    let (Some(from), Some(to)) = (micros_of(from), micros_of(to)) else { return Value::Null };
    let months = |micros: i64| {
        let (year, month, _) = civil(i64::from(day_of(micros)));
        year * 12 + month - 1
    };
    let by = |size: i64| to.div_euclid(size) - from.div_euclid(size);
    Value::Integer(match part {
        "year" => months(to).div_euclid(12) - months(from).div_euclid(12),
        "quarter" => months(to).div_euclid(3) - months(from).div_euclid(3),
        "month" => months(to) - months(from),
        "week" => by(DAY) / 7,
        "day" => by(DAY),
        "hour" => by(3600 * SECOND),
        "minute" => by(60 * SECOND),
        "second" => by(SECOND),
        _ => return Value::Null,
    })
}

fn date_part(part: &str, time: &Value) -> Value {
    let Some(micros) = micros_of(time) else { return Value::Null };
    let day_number = i64::from(day_of(micros));
    let (year, month, day) = civil(day_number);
    let seconds = micros.rem_euclid(DAY) / SECOND;
    Value::Integer(match part {
        "year" => year,
        "quarter" => (month + 2) / 3,
        "month" => month,
        "day" => day,
        "week" => iso_week(day_number),
        "hour" => seconds / 3600,
        "minute" => seconds / 60 % 60,
        "second" => seconds % 60,
        "dow" => (day_number + 4).rem_euclid(7),
        "doy" => day_number - days(year, 1, 1).unwrap_or(day_number) + 1,
        "epoch" => return Value::Float(micros as f64 / SECOND as f64),
        _ => return Value::Null,
    })
}

fn iso_week(day_number: i64) -> i64 {
    // The week belongs to the year of its Thursday.
    let thursday = day_number - (day_number + 3).rem_euclid(7) + 3;
    let (year, _, _) = civil(thursday);
    (thursday - days(year, 1, 1).unwrap_or(thursday)) / 7 + 1
}

fn format_time(time: &Value, format: &str) -> Value {
    let Some(micros) = micros_of(time) else { return Value::Null };
    let day_number = i64::from(day_of(micros));
    let (year, month, day) = civil(day_number);
    let seconds = micros.rem_euclid(DAY) / SECOND;
    let weekday = WEEKDAYS[(day_number + 3).rem_euclid(7) as usize];
    let month_name = MONTHS[(month - 1) as usize];
    let mut written = String::new();
    let mut specifiers = format.chars();
    while let Some(c) = specifiers.next() {
        if c != '%' {
            written.push(c);
            continue;
        }
        let next = specifiers.next();
        let (specifier, width) = if next == Some('-') { (specifiers.next(), 1) } else { (next, 2) };
        let padded = |number: i64| format!("{number:0width$}");
        written += &match specifier {
            Some('Y') => format!("{year:04}"),
            Some('y') => padded(year.rem_euclid(100)),
            Some('m') => padded(month),
            Some('d') => padded(day),
            Some('H') => padded(seconds / 3600),
            Some('M') => padded(seconds / 60 % 60),
            Some('S') => padded(seconds % 60),
            Some('f') => format!("{:06}", micros.rem_euclid(SECOND)),
            Some('b') => month_name[..3].to_owned(),
            Some('B') => month_name.to_owned(),
            Some('a') => weekday[..3].to_owned(),
            Some('A') => weekday.to_owned(),
            _ => "%".to_owned(),
        };
    }
    Value::from(written)
}

fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1 <= month && month <= 12 && 1 <= day) {
        return None;
    }
    // Howard Hinnant's days_from_civil, for any year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    (civil(days) == (year, month, day)).then_some(days)
}

fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
