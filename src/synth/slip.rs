//! What goes wrong when a name or a number is typed, scanned or heard.

use super::dice::Dice;

const SLIPS: &str = include_str!("../../data/population/slips.csv");
const KEYBOARD: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// One replacement, at any place or at an end of the word.
struct Rule {
    place: &'static str,
    from: &'static str,
    to: &'static str,
}

/// The replacements of scanning and of hearing.
pub(super) struct Slips {
    scan: Vec<Rule>,
    sound: Vec<Rule>,
}

impl Slips {
    pub(super) fn read() -> Slips {
        let of = |kind: &'static str| {
            let rows = SLIPS.lines().skip(1).filter_map(move |line| {
                let mut fields = line.splitn(4, ',');
                (fields.next() == Some(kind)).then_some(())?;
                Some(Rule { place: fields.next()?, from: fields.next()?, to: fields.next()? })
            });
            rows.collect()
        };
        Slips { scan: of("scan"), sound: of("sound") }
    }

    /// One misread letter or group.
    pub(super) fn scanned(&self, text: &str, dice: &mut Dice) -> String {
        replaced(&self.scan, text, dice)
    }

    /// Written as heard.
    pub(super) fn heard(&self, text: &str, dice: &mut Dice) -> String {
        replaced(&self.sound, text, dice)
    }
}

/// One rule that applies, at one place where it applies.
fn replaced(rules: &[Rule], text: &str, dice: &mut Dice) -> String {
    let applies = |rule: &&Rule| match rule.place {
        "START" => text.starts_with(rule.from),
        "END" => text.ends_with(rule.from),
        _ => text.contains(rule.from),
    };
    let fitting: Vec<&Rule> = rules.iter().filter(applies).collect();
    if fitting.is_empty() {
        return typed(text, dice);
    }
    let rule = dice.pick(&fitting);
    let at = match rule.place {
        "START" => 0,
        "END" => text.len() - rule.from.len(),
        _ => {
            let places: Vec<usize> = text.match_indices(rule.from).map(|(at, _)| at).collect();
            *dice.pick(&places)
        }
    };
    format!("{}{}{}", &text[..at], rule.to, &text[at + rule.from.len()..])
}

/// One slip of the fingers: a letter left out, doubled, exchanged with the next, or its neighbour on
/// the keyboard.
pub(super) fn typed(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 2 {
        return text.to_owned();
    }
    let at = dice.below(letters.len());
    match dice.below(4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at.max(1) - 1, at.max(1)),
        _ => letters[at] = beside(letters[at], dice),
    }
    letters.into_iter().collect()
}

fn beside(letter: char, dice: &mut Dice) -> char {
    if letter.is_ascii_digit() {
        return char::from(b'0' + dice.below(10) as u8);
    }
    let lower = letter.to_ascii_lowercase();
    for row in KEYBOARD {
        if let Some(at) = row.find(lower) {
            let neighbour = if at == 0 || (dice.chance(0.5) && at + 1 < row.len()) { at + 1 } else { at - 1 };
            let found = row.as_bytes()[neighbour] as char;
            return if letter.is_ascii_uppercase() { found.to_ascii_uppercase() } else { found };
        }
    }
    letter
}

/// A number of ten figures with one of them wrong, or two neighbours exchanged.
pub(super) fn mistyped_number(number: u64, dice: &mut Dice) -> u64 {
    let mut figures = format!("{number:010}").into_bytes();
    let at = dice.below(9);
    if dice.chance(0.6) || figures[at] == figures[at + 1] {
        figures[at] = b'0' + ((figures[at] - b'0') as usize + 1 + dice.below(9)) as u8 % 10;
    } else {
        figures.swap(at, at + 1);
    }
    figures.iter().fold(0, |sum, figure| sum * 10 + u64::from(figure - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slip_changes_its_word() {
        let slips = Slips::read();
        assert!(slips.scan.len() > 50 && slips.sound.len() > 50);
        let mut dice = Dice::new(7, 0);
        for word in ["oliver", "khan", "wiśniewski", "o'brien"] {
            let changed = (0..200).filter(|_| slips.scanned(word, &mut dice) != word).count();
            assert!(changed > 150, "{word} {changed}");
            for _ in 0..100 {
                let typed = typed(word, &mut dice);
                assert!(typed.chars().count().abs_diff(word.chars().count()) <= 1);
                slips.heard(word, &mut dice);
            }
        }
        assert_eq!(typed("x", &mut dice), "x");
        for _ in 0..500 {
            assert_ne!(mistyped_number(4_010_232_137, &mut dice), 4_010_232_137);
        }
    }
}
