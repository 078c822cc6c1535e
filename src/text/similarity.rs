//! How alike two texts are. Every function states its variant; all are symmetric.

/// Jaro-Winkler similarity, 0 to 1: prefix weight 0.1 over at most four letters, and **the prefix
/// counts only where plain Jaro exceeds 0.7** (Winkler's threshold). Two empty texts are alike (1).
///
/// # Source
/// W. E. Winkler, "String comparator metrics and enhanced decision rules in the Fellegi-Sunter model
/// of record linkage", 1990. The threshold reproduces every example published for the Master Person
/// Service (NHS England, Person_ID Handbook, 27 February 2024).
///
/// ```
/// use childlink::text::similarity::jaro_winkler;
/// let hundredths = |a, b| (jaro_winkler(a, b) * 1000.0).round() / 10.0;
/// assert_eq!(hundredths("JOHN", "JON"), 93.3);
/// assert_eq!(hundredths("JON", "JAMES"), 51.1); // no prefix bonus: Jaro is 0.51
/// ```
pub fn jaro_winkler(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

/// Damerau-Levenshtein distance: the least number of single-character insertions, deletions,
/// substitutions and swaps of neighbours, in the unrestricted form (a swapped pair may be edited
/// again).
///
/// ```
/// use childlink::text::similarity::damerau_levenshtein;
/// assert_eq!(damerau_levenshtein("2024-02-12", "2024-02-21"), 1);
/// assert_eq!(damerau_levenshtein("CA", "ABC"), 2); // 3 in the restricted form
/// ```
pub fn damerau_levenshtein(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}

/// Levenshtein distance: as [`damerau_levenshtein`], but a swap of neighbours counts 2.
///
/// ```
/// use childlink::text::similarity::levenshtein;
/// assert_eq!(levenshtein("AIDAN", "ADIAN"), 2);
/// ```
pub fn levenshtein(a: &str, b: &str) -> usize {
    strsim::levenshtein(a, b)
}
