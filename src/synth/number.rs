//! NHS numbers that could have been issued, each once.

/// Numbers of one maternity are taken from this many neighbouring stems.
const STEMS_PER_ISSUE: u64 = 6;
/// Issues that one block of children may use: its maternities, mothers, adoptions and replaced numbers.
const ISSUES_PER_BLOCK: u64 = 2_560;
/// Groups of stems in the issuable ranges 400 to 499 and 600 to 799 million.
const ISSUES: u64 = 300_000_000 / STEMS_PER_ISSUE;
/// Has no factor in common with [`ISSUES`]: spreads neighbouring issues over the range.
const STRIDE: u64 = 30_901_699;
/// The most blocks that the range has numbers for.
pub(super) const MOST_BLOCKS: usize = (ISSUES / ISSUES_PER_BLOCK) as usize;

/// The numbers of one block of children.
pub(super) struct Numbers {
    next: u64,
}

impl Numbers {
    pub(super) fn of_block(block: usize) -> Numbers {
        Numbers { next: block as u64 * ISSUES_PER_BLOCK }
    }

    /// Numbers for the babies of one maternity (at most 3): neighbours, as issued.
    pub(super) fn next(&mut self, babies: usize) -> Vec<u64> {
        let issue = self.next * STRIDE % ISSUES;
        self.next += 1;
        let first = issue * STEMS_PER_ISSUE;
        (first..first + STEMS_PER_ISSUE)
            .filter_map(|stem| {
                with_check_digit(if stem < 100_000_000 { 400_000_000 + stem } else { 500_000_000 + stem })
            })
            .take(babies)
            .collect()
    }
}

/// The number of a stem of nine figures; `None` for a stem that is never issued.
///
/// # Source
/// NHS Data Model and Dictionary, NHS NUMBER: Modulus 11.
fn with_check_digit(stem: u64) -> Option<u64> {
    let (mut rest, mut sum) = (stem, 0);
    for weight in 2..=10 {
        sum += rest % 10 * weight;
        rest /= 10;
    }
    match 11 - sum % 11 {
        11 => Some(stem * 10),
        10 => None,
        digit => Some(stem * 10 + digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_the_published_examples() {
        // Wikipedia "NHS number" and the PDS sandbox.
        for number in [9_434_765_919, 9_000_000_009, 9_876_543_210, 4_010_232_137] {
            assert_eq!(with_check_digit(number / 10), Some(number));
        }
    }

    #[test]
    fn no_number_is_issued_twice_and_triplets_are_neighbours() {
        let mut seen = std::collections::BTreeSet::new();
        for block in [0, 1, 2, 777, MOST_BLOCKS - 1] {
            let mut numbers = Numbers::of_block(block);
            for _ in 0..ISSUES_PER_BLOCK {
                let issued = numbers.next(3);
                assert_eq!(issued.len(), 3);
                assert!(issued[2] - issued[0] < 60);
                for number in issued {
                    assert!(matches!(number / 100_000_000, 40..=49 | 60..=79), "{number}");
                    assert!(seen.insert(number));
                }
            }
        }
    }
}
