//! Reads a condition or blocking rule: SQL text to [`Expression`].

mod argument;
mod call;
mod limit;
mod literal;
mod name;

use limit::{MAX_DEPTH, tokens};
use literal::{constant_text, data_type, literal};

use super::dialect::Dialect;
use super::expression::{Arithmetic, Comparison, Expression, MatchResult, Names};
use super::function::Function;
use crate::linkage::value::{Value, ValueType};
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, Expr, Spanned, TrimWhereField, UnaryOperator, Value as Literal,
};
use sqlparser::parser::{Parser, ParserError};

/// How a condition names the two records' columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// `x_l` and `x_r`, in comparison levels.
    Suffix,
    /// `l.x` and `r.x`, in blocking rules.
    Alias,
}

/// Why a condition cannot be honoured, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What cannot be honoured.
    pub(super) what: String,
    /// Line and column from 1, when known.
    pub(super) at: Option<(u64, u64)>,
    /// Whether the condition is too long or nests too deep, and what is in it does not matter.
    pub(super) is_too_deep: bool,
}

impl Refusal {
    pub(super) fn new(what: impl Into<String>) -> Refusal {
        Refusal { what: what.into(), at: None, is_too_deep: false }
    }

    fn too_deep(what: impl Into<String>) -> Refusal {
        Refusal { is_too_deep: true, ..Refusal::new(what) }
    }
}

/// What was read of one condition.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) expression: Expression,
    /// Functions whose behaviour in the model's dialect no published test proves.
    pub(super) unverified: Vec<String>,
}

/// Reads a condition; its columns get their numbers in `names`.
pub(super) fn parse(text: &str, dialect: Dialect, naming: Naming, names: &mut Names) -> Result<Parsed, Refusal> {
    // The parser's tree of a chain of signs is as deep as the chain is long, and is let go level by level.
    stacker::grow(limit::STACK, || parse_here(text, dialect, naming, names))
}

fn parse_here(text: &str, dialect: Dialect, naming: Naming, names: &mut Names) -> Result<Parsed, Refusal> {
    let grammar = dialect.grammar();
    let unreadable = |error: ParserError| match error {
        ParserError::RecursionLimitExceeded => Refusal::too_deep("the condition nests too deep"),
        error => Refusal::new(format!("this is not SQL: {error}")),
    };
    let tokens = tokens(text, &*grammar)?;
    let mut parser = Parser::new(&*grammar).with_recursion_limit(200).with_tokens_with_locations(tokens);
    let tree = parser.parse_expr().map_err(unreadable)?;
    let rest = parser.peek_token();
    if rest.token != sqlparser::tokenizer::Token::EOF {
        let at = Some((rest.span.start.line, rest.span.start.column));
        return Err(Refusal { at, ..Refusal::new("text after the end of the condition") });
    }
    let mut reader = Reader { dialect, naming, names, parameters: Vec::new(), unverified: Vec::new(), depth: 0 };
    let expression = reader.read(&tree)?;
    Ok(Parsed { expression, unverified: reader.unverified })
}

struct Reader<'a> {
    dialect: Dialect,
    naming: Naming,
    names: &'a mut Names,
    /// Parameters of the enclosing lambdas, outermost first.
    parameters: Vec<String>,
    unverified: Vec<String>,
    /// How many expressions enclose the one that is read.
    depth: usize,
}

fn refuse<T>(at: &impl Spanned, what: impl Into<String>) -> Result<T, Refusal> {
    let start = at.span().start;
    let at = (start.line > 0).then_some((start.line, start.column));
    Err(Refusal { at, ..Refusal::new(what) })
}

impl Reader<'_> {
    fn read(&mut self, expr: &Expr) -> Result<Expression, Refusal> {
        if self.depth == MAX_DEPTH {
            return Err(Refusal::too_deep("the condition nests too deep"));
        }
        self.depth += 1;
        let read = self.read_one(expr);
        self.depth -= 1;
        read
    }

    fn read_one(&mut self, expr: &Expr) -> Result<Expression, Refusal> {
        match expr {
            Expr::Nested(inner) => self.read(inner),
            Expr::Identifier(name) => self.identifier(name, expr),
            Expr::CompoundIdentifier(parts) => self.compound(parts, expr),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, expr),
            Expr::Value(value) => literal(&value.value, expr),
            Expr::TypedString(typed) => match &typed.value.value {
                Literal::SingleQuotedString(text) => {
                    let to = data_type(&typed.data_type, expr)?;
                    Ok(cast(Expression::Constant(Value::text(text), ValueType::Text), to, false))
                }
                _ => refuse(expr, "a typed literal that is not a text"),
            },
            Expr::IsNull(inner) => Ok(Expression::IsNull(self.boxed(inner)?)),
            Expr::IsNotNull(inner) => Ok(not(Expression::IsNull(self.boxed(inner)?))),
            Expr::IsTrue(inner) => self.is(inner, true),
            Expr::IsFalse(inner) => self.is(inner, false),
            Expr::IsNotTrue(inner) => Ok(not(self.is(inner, true)?)),
            Expr::IsNotFalse(inner) => Ok(not(self.is(inner, false)?)),
            Expr::IsDistinctFrom(a, b) => Ok(not(Expression::IsSame(self.boxed(a)?, self.boxed(b)?))),
            Expr::IsNotDistinctFrom(a, b) => Ok(Expression::IsSame(self.boxed(a)?, self.boxed(b)?)),
            Expr::InList { expr, list, negated } => {
                let others = self.all(list)?;
                Ok(negate_if(*negated, Expression::In(self.boxed(expr)?, others)))
            }
            Expr::Between { expr, negated, low, high } => {
                let value = self.read(expr)?;
                let above =
                    Expression::Compare(Comparison::GreaterOrEqual, Box::new(value.clone()), Box::new(self.read(low)?));
                let below = Expression::Compare(Comparison::LessOrEqual, Box::new(value), Box::new(self.read(high)?));
                Ok(negate_if(*negated, Expression::And(vec![above, below])))
            }
            Expr::Like { negated, any: false, expr: text, pattern, escape_char } => {
                self.like(Function::Like, *negated, [text, pattern], escape_char.as_deref(), expr)
            }
            Expr::ILike { negated, any: false, expr: text, pattern, escape_char } => {
                self.like(Function::LikeAnyCase, *negated, [text, pattern], escape_char.as_deref(), expr)
            }
            Expr::SimilarTo { negated, expr: text, pattern, escape_char: None } => {
                let source = constant_text(pattern)?;
                let found = self.matched(text, &format!("^(?:{source})$"), false, MatchResult::Found, expr)?;
                Ok(negate_if(*negated, found))
            }
            Expr::RLike { negated, expr: text, pattern, .. } => {
                let found = self.matched(text, &constant_text(pattern)?, false, MatchResult::Found, expr)?;
                Ok(negate_if(*negated, found))
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, expr),
            Expr::UnaryOp { op, expr: inner } => self.unary(op, inner, expr),
            Expr::Cast { kind, expr: inner, data_type: to, format: None } => {
                let or_null = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
                Ok(cast(self.read(inner)?, data_type(to, expr)?, or_null))
            }
            Expr::Extract { field, expr: inner, .. } => {
                let part = Expression::Constant(Value::text(&field.to_string().to_lowercase()), ValueType::Text);
                let time = self.read(inner)?;
                self.call(Function::DatePart, vec![part, time], expr)
            }
            Expr::Ceil { expr: inner, .. } => self.call_of(Function::Ceiling, &[inner], expr),
            Expr::Floor { expr: inner, .. } => self.call_of(Function::Floor, &[inner], expr),
            Expr::Position { expr: what, r#in: text } => self.call_of(Function::Position, &[text, what], expr),
            Expr::Substring { expr: text, substring_from: Some(from), substring_for, .. } => {
                let mut arguments: Vec<&Expr> = vec![text, from];
                arguments.extend(substring_for.as_deref());
                self.call_of(Function::Substring, &arguments, expr)
            }
            Expr::Trim { expr: text, trim_where, trim_what, trim_characters } => {
                let function = match trim_where {
                    Some(TrimWhereField::Leading) => Function::TrimLeft,
                    Some(TrimWhereField::Trailing) => Function::TrimRight,
                    _ => Function::Trim,
                };
                let characters = trim_characters.iter().flatten().next();
                let mut arguments: Vec<&Expr> = vec![text];
                arguments.extend(trim_what.as_deref().or(characters));
                self.call_of(function, &arguments, expr)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Array(array) => {
                let items = self.all(&array.elem)?;
                Ok(Expression::Call(Function::ListOf, items))
            }
            Expr::Function(function) => self.function(function, expr),
            Expr::Lambda(_) => refuse(expr, "a lambda outside list_transform or list_filter"),
            _ => refuse(expr, format!("the SQL construct «{}»", shortened(&expr.to_string()))),
        }
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Expression>, Refusal> {
        self.read(expr).map(Box::new)
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<Expression>, Refusal> {
        exprs.iter().map(|expr| self.read(expr)).collect()
    }

    fn is(&mut self, inner: &Expr, wanted: bool) -> Result<Expression, Refusal> {
        let wanted = Expression::Constant(Value::Boolean(wanted), ValueType::Boolean);
        Ok(Expression::IsSame(self.boxed(inner)?, Box::new(wanted)))
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, at: &Expr) -> Result<Expression, Refusal> {
        let comparison = match op {
            BinaryOperator::Eq => Some(Comparison::Equal),
            BinaryOperator::NotEq => Some(Comparison::NotEqual),
            BinaryOperator::Lt => Some(Comparison::Less),
            BinaryOperator::LtEq => Some(Comparison::LessOrEqual),
            BinaryOperator::Gt => Some(Comparison::Greater),
            BinaryOperator::GtEq => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        if let Some(comparison) = comparison {
            return Ok(Expression::Compare(comparison, self.boxed(left)?, self.boxed(right)?));
        }
        let arithmetic = match op {
            BinaryOperator::Plus => Some(Arithmetic::Add),
            BinaryOperator::Minus => Some(Arithmetic::Subtract),
            BinaryOperator::Multiply => Some(Arithmetic::Multiply),
            BinaryOperator::Divide => Some(Arithmetic::Divide),
            BinaryOperator::Modulo => Some(Arithmetic::Remainder),
            BinaryOperator::DuckIntegerDivide => Some(Arithmetic::DivideWhole),
            BinaryOperator::PGExp => Some(Arithmetic::Power),
            _ => None,
        };
        if let Some(arithmetic) = arithmetic {
            return Ok(Expression::Arithmetic(arithmetic, self.boxed(left)?, self.boxed(right)?));
        }
        match op {
            BinaryOperator::And => Ok(Expression::And(self.flattened(left, right, &BinaryOperator::And)?)),
            BinaryOperator::Or => Ok(Expression::Or(self.flattened(left, right, &BinaryOperator::Or)?)),
            BinaryOperator::StringConcat => self.call_of(Function::Joined, &[left, right], at),
            BinaryOperator::PGOverlap => self.call_of(Function::HasAny, &[left, right], at),
            BinaryOperator::PGRegexMatch => self.matched(left, &constant_text(right)?, false, MatchResult::Found, at),
            _ => refuse(at, format!("the operator {op}")),
        }
    }

    /// The operands of a chain of one operator, however it nests.
    fn flattened(&mut self, left: &Expr, right: &Expr, op: &BinaryOperator) -> Result<Vec<Expression>, Refusal> {
        // The parser leans a chain to the left, so that a long one is walked and not entered.
        let (mut first, mut others) = (left, vec![right]);
        while let Expr::BinaryOp { left, op: inner, right } = first
            && inner == op
        {
            first = left;
            others.push(right);
        }
        let mut operands = vec![self.read(first)?];
        for other in others.into_iter().rev() {
            operands.push(self.read(other)?);
        }
        Ok(operands)
    }

    fn unary(&mut self, op: &UnaryOperator, inner: &Expr, at: &Expr) -> Result<Expression, Refusal> {
        match op {
            UnaryOperator::Not => Ok(not(self.read(inner)?)),
            UnaryOperator::Plus => self.read(inner),
            UnaryOperator::Minus => Ok(match self.read(inner)? {
                Expression::Constant(Value::Integer(number), kind) => {
                    Expression::Constant(Value::Integer(-number), kind)
                }
                Expression::Constant(Value::Float(number), kind) => Expression::Constant(Value::Float(-number), kind),
                other => {
                    let zero = Expression::Constant(Value::Integer(0), ValueType::Integer);
                    Expression::Arithmetic(Arithmetic::Subtract, Box::new(zero), Box::new(other))
                }
            }),
            _ => refuse(at, format!("the operator {op}")),
        }
    }

    fn like(
        &mut self,
        function: Function,
        negated: bool,
        text_and_wildcard: [&Expr; 2],
        escape: Option<&Expr>,
        at: &Expr,
    ) -> Result<Expression, Refusal> {
        let mut arguments = text_and_wildcard.to_vec();
        arguments.extend(escape);
        Ok(negate_if(negated, self.call_of(function, &arguments, at)?))
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Result<Expression, Refusal> {
        let mut branches = Vec::new();
        for CaseWhen { condition, result } in conditions {
            let condition = self.read(condition)?;
            let condition = match operand {
                Some(operand) => {
                    Expression::Compare(Comparison::Equal, Box::new(self.read(operand)?), Box::new(condition))
                }
                None => condition,
            };
            branches.push((condition, self.read(result)?));
        }
        let otherwise = match otherwise {
            Some(otherwise) => self.read(otherwise)?,
            None => Expression::Constant(Value::Null, ValueType::Null),
        };
        Ok(Expression::Case(branches, Box::new(otherwise)))
    }
}

fn not(expression: Expression) -> Expression {
    Expression::Not(Box::new(expression))
}

fn negate_if(negated: bool, expression: Expression) -> Expression {
    if negated { not(expression) } else { expression }
}

fn cast(value: Expression, to: ValueType, or_null: bool) -> Expression {
    Expression::Cast { value: Box::new(value), to, or_null }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
