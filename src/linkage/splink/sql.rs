//! Reads a condition or blocking rule: SQL text to [`Expression`].

mod argument;
mod limit;
mod literal;

use argument::argument;
use limit::{MAX_DEPTH, tokens};
use literal::{constant_number, constant_text, data_type, literal, spark_format};

use super::dialect::Dialect;
use super::expression::{Arithmetic, Comparison, Expression, ForEach, MatchResult, Names, Side};
use super::function::Function;
use super::pattern;
use crate::linkage::value::{Value, ValueType};
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, Expr, FunctionArguments, Ident, LambdaFunction,
    OneOrManyWithParens, Spanned, Subscript, TrimWhereField, UnaryOperator, Value as Literal,
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

    fn identifier(&mut self, name: &Ident, at: &Expr) -> Result<Expression, Refusal> {
        let bare = name.value.as_str();
        if let Some(number) = self.parameters.iter().rposition(|parameter| parameter.eq_ignore_ascii_case(bare)) {
            return Ok(Expression::Parameter(number));
        }
        if self.naming == Naming::Suffix
            && let Some((stem, suffix)) = bare.len().checked_sub(2).and_then(|cut| bare.split_at_checked(cut))
            && !stem.is_empty()
        {
            match suffix {
                "_l" | "_L" => return Ok(self.column(Side::Left, stem)),
                "_r" | "_R" => return Ok(self.column(Side::Right, stem)),
                _ => {}
            }
        }
        let wanted = match self.naming {
            Naming::Suffix => "ends in neither _l nor _r",
            Naming::Alias => "starts with neither l. nor r.",
        };
        refuse(at, format!("the column {bare}, which {wanted}"))
    }

    fn compound(&mut self, parts: &[Ident], at: &Expr) -> Result<Expression, Refusal> {
        if let (Naming::Alias, [table, column]) = (self.naming, parts) {
            match table.value.as_str() {
                "l" | "L" => return Ok(self.column(Side::Left, &column.value)),
                "r" | "R" => return Ok(self.column(Side::Right, &column.value)),
                _ => {}
            }
        }
        refuse(at, format!("the name {}", parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")))
    }

    fn column(&mut self, side: Side, name: &str) -> Expression {
        Expression::Column { side, column: self.names.number(name) }
    }

    fn access(&mut self, root: &Expr, chain: &[AccessExpr], at: &Expr) -> Result<Expression, Refusal> {
        let (mut value, rest) = match (root, chain) {
            (Expr::Identifier(table), [AccessExpr::Dot(Expr::Identifier(column)), rest @ ..])
                if self.naming == Naming::Alias =>
            {
                (self.compound(&[table.clone(), column.clone()], at)?, rest)
            }
            _ => (self.read(root)?, chain),
        };
        if self.depth + rest.len() > MAX_DEPTH {
            return Err(Refusal::too_deep("so many accesses to a part of a value"));
        }
        for step in rest {
            value = match step {
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let index = self.read(index)?;
                    self.element(value, index, at)?
                }
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride: None })
                    if self.dialect == Dialect::DuckDb =>
                {
                    let mut end = |bound: &Option<Expr>, otherwise: i64| match bound {
                        Some(bound) => self.read(bound),
                        None => Ok(Expression::Constant(Value::Integer(otherwise), ValueType::Integer)),
                    };
                    let (from, to) = (end(lower_bound, 1)?, end(upper_bound, -1)?);
                    Expression::Call(Function::Slice, vec![value, from, to])
                }
                _ => return refuse(at, "this access to a part of a value"),
            };
        }
        Ok(value)
    }

    fn element(&mut self, value: Expression, index: Expression, at: &Expr) -> Result<Expression, Refusal> {
        let index = match (self.dialect.first_index(), index) {
            (1, index) => index,
            (_, Expression::Constant(Value::Integer(index), kind)) if index >= 0 => {
                Expression::Constant(Value::Integer(index + 1), kind)
            }
            _ => return refuse(at, "an element of a list by an index that is not a whole number from 0"),
        };
        Ok(Expression::Call(Function::Element, vec![value, index]))
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

    fn matched(
        &mut self,
        text: &Expr,
        source: &str,
        any_case: bool,
        want: MatchResult,
        at: &Expr,
    ) -> Result<Expression, Refusal> {
        let text = self.boxed(text)?;
        match pattern::compile(source, any_case) {
            Ok(pattern) => Ok(Expression::Match { want, text, pattern }),
            Err(reason) => refuse(at, reason),
        }
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

    fn call_of(&mut self, function: Function, arguments: &[&Expr], at: &Expr) -> Result<Expression, Refusal> {
        let arguments = arguments.iter().map(|argument| self.read(argument)).collect::<Result<_, _>>()?;
        self.call(function, arguments, at)
    }

    fn call(&mut self, function: Function, arguments: Vec<Expression>, at: &Expr) -> Result<Expression, Refusal> {
        let (_, least, most) = function.parameters();
        if arguments.len() < least || arguments.len() > most {
            return refuse(at, format!("{} arguments where {least} are needed", arguments.len()));
        }
        Ok(Expression::Call(function, arguments))
    }

    fn function(&mut self, call: &sqlparser::ast::Function, at: &Expr) -> Result<Expression, Refusal> {
        let name = call.name.to_string().replace(['"', '`'], "").to_lowercase();
        let arguments = match &call.args {
            FunctionArguments::List(list) if call.over.is_none() && call.filter.is_none() => {
                list.args.iter().map(argument).collect::<Option<Vec<Expr>>>()
            }
            _ => None,
        };
        let Some(arguments) = arguments else { return refuse(at, format!("this form of the function {name}")) };
        let unverified = self.dialect != Dialect::DuckDb;
        match (name.as_str(), arguments.as_slice()) {
            (
                "list_transform" | "array_transform" | "list_apply" | "array_apply" | "apply" | "transform",
                [list, body],
            ) => {
                self.note(unverified, &name);
                self.for_each(ForEach::Transform, list, body, at)
            }
            ("list_filter" | "array_filter" | "filter", [list, body]) => {
                self.note(unverified, &name);
                self.for_each(ForEach::Filter, list, body, at)
            }
            (
                "regexp_extract" | "regexp_matches" | "regexp_full_match" | "regexp_replace" | "regexp_like",
                [text, source, rest @ ..],
            ) => {
                self.note(unverified, &name);
                self.regular_expression(&name, text, source, rest, at)
            }
            ("year" | "month" | "day" | "dayofmonth", [time]) => {
                self.note(unverified, &name);
                let part = if name == "dayofmonth" { "day" } else { &name };
                let part = Expression::Constant(Value::text(part), ValueType::Text);
                let time = self.read(time)?;
                self.call(Function::DatePart, vec![part, time], at)
            }
            ("array_length", [list, dimension]) if constant_number(dimension) == Some(1) => {
                self.note(unverified, &name);
                self.call_of(Function::Length, &[list], at)
            }
            // Spark: days between two dates, the later first; a text as a date.
            ("datediff", [later, earlier]) => {
                self.note(true, &name);
                let day = Expression::Constant(Value::text("day"), ValueType::Text);
                let (earlier, later) = (self.read(earlier)?, self.read(later)?);
                self.call(Function::DateDifference, vec![day, earlier, later], at)
            }
            ("date" | "to_date", [text]) => {
                self.note(unverified, &name);
                Ok(cast(self.read(text)?, ValueType::Date, true))
            }
            ("try_to_timestamp" | "to_timestamp", [text, format]) if self.dialect == Dialect::Spark => {
                self.note(true, &name);
                let Some(format) = spark_format(&constant_text(format)?) else {
                    return refuse(at, "this date format");
                };
                let text = self.read(text)?;
                let format = Expression::Constant(Value::text(&format), ValueType::Text);
                self.call(Function::ParseTime, vec![text, format], at)
            }
            ("mod", [a, b]) => Ok(Expression::Arithmetic(Arithmetic::Remainder, self.boxed(a)?, self.boxed(b)?)),
            ("pow" | "power", [a, b]) => Ok(Expression::Arithmetic(Arithmetic::Power, self.boxed(a)?, self.boxed(b)?)),
            _ => match Function::find(&name, self.dialect) {
                Some((function, verified)) => {
                    self.note(!verified, &name);
                    let arguments: Vec<&Expr> = arguments.iter().collect();
                    self.call_of(function, &arguments, at)
                }
                None => refuse(at, format!("the function {name}")),
            },
        }
    }

    fn note(&mut self, unverified: bool, name: &str) {
        if unverified && !self.unverified.iter().any(|known| known == name) {
            self.unverified.push(name.to_owned());
        }
    }

    fn for_each(&mut self, keep: ForEach, list: &Expr, body: &Expr, at: &Expr) -> Result<Expression, Refusal> {
        let list = self.boxed(list)?;
        let Expr::Lambda(LambdaFunction { params, body, .. }) = body else {
            return refuse(at, "a function of list elements that is not a lambda");
        };
        let parameter = match params {
            OneOrManyWithParens::One(parameter) => parameter,
            OneOrManyWithParens::Many(parameters) if parameters.len() == 1 => &parameters[0],
            OneOrManyWithParens::Many(_) => return refuse(at, "a lambda of several parameters"),
        };
        self.parameters.push(parameter.name.value.clone());
        let body = self.boxed(body);
        self.parameters.pop();
        Ok(Expression::ForEach { keep, list, parameter: self.parameters.len(), body: body? })
    }

    fn regular_expression(
        &mut self,
        name: &str,
        text: &Expr,
        source: &Expr,
        rest: &[Expr],
        at: &Expr,
    ) -> Result<Expression, Refusal> {
        let source = constant_text(source)?;
        let (want, options) = match (name, rest) {
            ("regexp_extract", [group, options @ ..]) if constant_number(group).is_some() => {
                let group = constant_number(group).and_then(|group| usize::try_from(group).ok());
                let Some(group) = group else { return refuse(at, "a negative group") };
                (MatchResult::Group(group), options)
            }
            // Spark gives the first group unless told otherwise.
            ("regexp_extract", options) => (MatchResult::Group(usize::from(self.dialect == Dialect::Spark)), options),
            ("regexp_replace", [by, options @ ..]) => {
                let by = pattern::replacement(&constant_text(by)?);
                let all = match options.first() {
                    Some(options) => constant_text(options)?.contains('g'),
                    None => self.dialect == Dialect::Spark,
                };
                (MatchResult::Replaced { by, all }, options)
            }
            ("regexp_replace", []) => return refuse(at, "regexp_replace without a replacement"),
            (_, options) => (MatchResult::Found, options),
        };
        let options = match options {
            [] => String::new(),
            [options] => constant_text(options)?,
            _ => return refuse(at, "so many arguments of a regular expression"),
        };
        if let Some(option) = options.chars().find(|option| !"icg".contains(*option)) {
            return refuse(at, format!("the regular expression option {option}"));
        }
        let source = if name == "regexp_full_match" { format!("^(?:{source})$") } else { source };
        self.matched(text, &source, options.contains('i'), want, at)
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
