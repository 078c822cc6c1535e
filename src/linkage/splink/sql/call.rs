//! Calls of functions in SQL text.

use super::argument::argument;
use super::literal::{constant_number, constant_text, spark_format};
use super::{Reader, Refusal, cast, refuse};
use crate::linkage::splink::dialect::Dialect;
use crate::linkage::splink::expression::{Arithmetic, Expression, ForEach, MatchResult};
use crate::linkage::splink::function::Function;
use crate::linkage::splink::pattern;
use crate::linkage::value::{Value, ValueType};
use sqlparser::ast::{Expr, FunctionArguments, LambdaFunction, OneOrManyWithParens};

impl Reader<'_> {
    pub(super) fn matched(
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

    pub(super) fn call_of(
        &mut self,
        function: Function,
        arguments: &[&Expr],
        at: &Expr,
    ) -> Result<Expression, Refusal> {
        let arguments = arguments.iter().map(|argument| self.read(argument)).collect::<Result<_, _>>()?;
        self.call(function, arguments, at)
    }

    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: Vec<Expression>,
        at: &Expr,
    ) -> Result<Expression, Refusal> {
        let (_, least, most) = function.parameters();
        if arguments.len() < least || arguments.len() > most {
            return refuse(at, format!("{} arguments where {least} are needed", arguments.len()));
        }
        Ok(Expression::Call(function, arguments))
    }

    pub(super) fn function(&mut self, call: &sqlparser::ast::Function, at: &Expr) -> Result<Expression, Refusal> {
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
