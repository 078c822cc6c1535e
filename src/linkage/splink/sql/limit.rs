//! How long a condition may be and how deep it may nest. Trees of expressions are read, bound and evaluated by
//! functions that enter them, level by level, on stacks that end: of a worker thread at two megabytes, of a browser's
//! at one.

use super::Refusal;
use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// The most expressions within one another.
pub(super) const MAX_DEPTH: usize = 100;

/// The most words and signs of a condition. Elements of a list do not count: they lie side by side, while each of a
/// chain of signs lies within the next.
const MAX_TOKENS: usize = 3000;

/// Bytes of stack for the parser's tree of [`MAX_TOKENS`], in a build without optimisation too.
pub(super) const STACK: usize = 64 << 20;

/// The words and signs of a condition.
pub(super) fn tokens(text: &str, grammar: &dyn Dialect) -> Result<Vec<TokenWithSpan>, Refusal> {
    let tokens = Tokenizer::new(grammar, text)
        .tokenize_with_location()
        .map_err(|error| Refusal::new(format!("this is not SQL: {error}")))?;
    let counts = |token: &&TokenWithSpan| {
        !matches!(token.token, Token::Whitespace(_) | Token::Comma | Token::SingleQuotedString(_) | Token::Number(..))
    };
    match tokens.iter().filter(counts).count() {
        ..=MAX_TOKENS => Ok(tokens),
        _ => Err(Refusal::too_deep(format!("a condition of more than {MAX_TOKENS} words and signs"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::splink::dialect::Dialect;
    use crate::linkage::splink::expression::{Expression, Names};
    use crate::linkage::splink::sql::{Naming, Parsed, parse};

    fn read(text: &str) -> Result<Parsed, Refusal> {
        parse(text, Dialect::DuckDb, Naming::Suffix, &mut Names::default())
    }

    #[test]
    fn what_nests_too_deep_is_refused_and_not_entered() {
        let chain = |first: &str, more: &str, count: usize| first.to_owned() + &more.repeat(count);
        for text in [
            chain("a_l", " || a_r", 1000) + " = 'x'",
            chain("a_l", "[1]", 1000) + " = 'x'",
            chain("a_l", "::varchar", 50_000) + " = 'x'",
            chain("1", " + 1", 20_000) + " = 2",
            chain("a_l", " IS NULL", 20_000),
            chain("a_l = a_r", " OR a_l = 'x'", 20_000),
            "(".repeat(1000) + "a_l = a_r" + &")".repeat(1000),
            "lower(".repeat(150) + "a_l" + &")".repeat(150) + " = 'x'",
        ] {
            assert!(read(&text).unwrap_err().is_too_deep, "{}", &text[..40]);
        }
    }

    #[test]
    fn what_is_only_long_is_read() {
        let list: Vec<String> = (0..20_000).map(|number| format!("'{number}'")).collect();
        assert!(read(&format!("a_l IN ({})", list.join(", "))).is_ok());
        let parts = vec!["a_l = 'x'"; 500].join(" OR ");
        match read(&parts).unwrap().expression {
            Expression::Or(parts) => assert_eq!(parts.len(), 500),
            other => panic!("{other:?}"),
        }
        assert!(read(&("lower(".repeat(80) + "a_l" + &")".repeat(80) + " = a_r")).is_ok());
    }
}
