//! promise/500-000-children-a-second-on-two-cores: verdicts and forecast with a full history from 0 to 19.
//!
//! Run with `cargo bench --bench schedule`. The answers are asserted before their time is told. With
//! `-- --write FILE` the children are written as NDJSON instead, for `scripts/bench/schedule-in-wasm`.

use childlink::date::Date;
use childlink::linkage::parallel;
use childlink::schedule::{
    Child, ChildSchedule, Extent, Programme, Programmes, Status, Verdict, immunisations, parse_child, schedule_lines,
};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

const CHILDREN: usize = 20_000;

fn main() {
    let programme = Programme::built_in();
    let as_at = Date::new(2026, 11, 21).expect("a day");
    let lines: Vec<String> = (0..CHILDREN).map(|index| line(index, as_at)).collect();
    let text = lines.join("\n");
    let mut arguments = std::env::args().skip_while(|argument| argument != "--write");
    if let Some(path) = arguments.nth(1) {
        std::fs::write(path, text).expect("a file to write");
        return;
    }
    let children: Vec<Child<'_>> =
        lines.iter().map(|line| parse_child(line.as_bytes(), programme.vocabulary()).expect("a child")).collect();
    let doses: usize = children.iter().map(|child| child.doses.len()).sum();
    println!("{CHILDREN} children from birth to 19, {:.1} doses each", doses as f64 / CHILDREN as f64);
    for child in &children {
        assert_right(child, &immunisations(programme, child, as_at, Extent::Forecast));
    }

    let forecast = |child: &Child<'_>| immunisations(programme, child, as_at, Extent::Forecast).forecast.len();
    let visits = |child: &Child<'_>| immunisations(programme, child, as_at, Extent::Visits).forecast.len();
    let series = programme.vocabulary().all_series().count();
    report("verdicts and forecast, one core", || children.iter().map(forecast).sum(), CHILDREN * series);
    report("verdicts, forecast and visits, one core", || children.iter().map(visits).sum(), CHILDREN * series);
    let threads = parallel::thread_count();
    report(
        &format!("verdicts and forecast, {threads} threads"),
        || {
            let pieces: Vec<&[Child<'_>]> = children.chunks(CHILDREN / 16).collect();
            parallel::map(pieces.len(), |piece| pieces[piece].iter().map(forecast).sum::<usize>()).into_iter().sum()
        },
        CHILDREN * series,
    );
    let mut out = Vec::new();
    report(
        "JSON lines in, JSON lines out, screens and reviews too, one core",
        || {
            out.clear();
            schedule_lines(&Programmes::built_in(), black_box(text.as_bytes()), as_at, &mut out).lines as usize
        },
        CHILDREN,
    );
    println!("{} bytes in and {} bytes out for each child", text.len() / CHILDREN, out.len() / CHILDREN);
}

/// Every dose of the routine counts, and nothing but what the day brings is outstanding.
fn assert_right(child: &Child<'_>, answer: &ChildSchedule<'_>) {
    for dose in 0..child.doses.len() {
        let counts = answer.verdicts_on(dose).any(|verdict| verdict.reason.verdict() == Verdict::Valid);
        assert!(counts, "{:?} {}", answer.verdicts_on(dose).next(), child.doses[dose].date_text);
    }
    let overdue = answer.forecast.iter().find(|entry| entry.status == Status::Overdue);
    assert!(overdue.is_none(), "{overdue:?} born {:?}", child.birth_date);
}

/// A child born some day from 2007 to 2026, with every dose of the routine given on its day.
fn line(index: usize, as_at: Date) -> String {
    // A walk with a step prime to the number of days gives birth dates in no order.
    let born = Date::new(2007, 9, 1).expect("a day").add_days((index * 2_741 % 7_000) as i32);
    let day = |text: &str| Date::parse(text).expect("a day");
    let mut doses: Vec<(Date, &str)> = Vec::new();
    let mut give = |date: Date, product: &'static str| {
        if date <= as_at {
            doses.push((date, product));
        }
    };
    let primary = if born < day("2017-08-01") { "pediacel" } else { "infanrix-hexa" };
    for weeks in [9, 13, 17] {
        give(born.add_weeks(weeks), primary);
    }
    let swapped = born.add_weeks(13) >= day("2025-07-01");
    let (pcv, menb): (&[i32], &[i32]) = match () {
        () if swapped => (&[17], &[9, 13]),
        () if born >= day("2020-01-01") => (&[13], &[9, 17]),
        () if born >= day("2015-07-01") => (&[9, 17], &[9, 17]),
        () => (&[9, 17], &[]),
    };
    pcv.iter().for_each(|weeks| give(born.add_weeks(*weeks), "prevenar-13"));
    menb.iter().for_each(|weeks| give(born.add_weeks(*weeks), "bexsero"));
    if born.add_weeks(9) >= day("2013-07-01") {
        give(born.add_weeks(9), "rotarix");
        give(born.add_weeks(13), "rotarix");
    }
    if born.add_months(3) < day("2016-06-20") {
        give(born.add_weeks(14), "neisvac-c");
        if born.add_months(4) < day("2013-05-20") {
            give(born.add_weeks(18), "neisvac-c");
        }
    }
    let first_birthday = born.add_months(12).add_days(7);
    give(first_birthday, "prevenar-13");
    if !menb.is_empty() {
        give(first_birthday, "bexsero");
    }
    let with_varicella = first_birthday >= day("2026-01-01");
    give(first_birthday, if with_varicella { "proquad" } else { "priorix" });
    let preschool = born.add_months(40).add_days(7);
    if born >= day("2024-07-01") {
        give(born.add_months(18).add_days(7), "infanrix-hexa");
        give(born.add_months(18).add_days(7), "proquad");
    } else {
        give(first_birthday, "menitorix");
        let varicella = born >= day("2022-09-01") && preschool >= day("2026-01-01");
        give(preschool, if varicella { "proquad" } else { "mmrvaxpro" });
    }
    if day("2020-01-01") <= born && born < day("2022-09-01") {
        give(day("2026-11-10"), "varivax");
    }
    give(preschool, "boostrix-ipv");
    let reception = if born.month() >= 9 { born.year() + 5 } else { born.year() + 4 };
    let in_class = |class: i32| Date::new(reception + class, 10, 14).expect("a day");
    give(in_class(8), "gardasil-9");
    if in_class(8) < day("2022-10-01") && index.is_multiple_of(2) {
        give(in_class(8).add_months(8), "gardasil");
    }
    give(in_class(9), "revaxis");
    give(in_class(9), "menquadfi");
    // Flu in every season since 2025/26 and in primary school since 2019/20.
    for year in 2019..=2026 {
        let class = year - reception;
        if (0..=6).contains(&class) || year >= 2025 && (0..=11).contains(&class) {
            give(Date::new(year, 11, 4).expect("a day"), "fluenz");
        }
    }
    let mut text =
        format!("{{\"id\":\"{index}\",\"birth_date\":\"{born}\",\"sex\":\"female\",\"nation\":\"england\",\"doses\":[");
    for (place, (date, product)) in doses.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{{\"date\":\"{date}\",\"product\":\"{product}\"}}");
    }
    text + "]}"
}

/// Prints the best of five runs, in children a second.
fn report(name: &str, mut run: impl FnMut() -> usize, expected: usize) {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(black_box(run()), expected);
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{name}: {:.0} children a second, {:.2} microseconds each",
        CHILDREN as f64 / best,
        best / CHILDREN as f64 * 1e6
    );
}
