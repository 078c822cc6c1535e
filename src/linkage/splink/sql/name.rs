//! Names of columns and parameters in SQL text, and accesses to a part of a value.

use super::{MAX_DEPTH, Naming, Reader, Refusal, refuse};
use crate::linkage::splink::dialect::Dialect;
use crate::linkage::splink::expression::{Expression, Side};
use crate::linkage::splink::function::Function;
use crate::linkage::value::{Value, ValueType};
use sqlparser::ast::{AccessExpr, Expr, Ident, Subscript};

impl Reader<'_> {
    pub(super) fn identifier(&mut self, name: &Ident, at: &Expr) -> Result<Expression, Refusal> {
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

    pub(super) fn compound(&mut self, parts: &[Ident], at: &Expr) -> Result<Expression, Refusal> {
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

    pub(super) fn access(&mut self, root: &Expr, chain: &[AccessExpr], at: &Expr) -> Result<Expression, Refusal> {
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

    pub(super) fn element(&mut self, value: Expression, index: Expression, at: &Expr) -> Result<Expression, Refusal> {
        let index = match (self.dialect.first_index(), index) {
            (1, index) => index,
            (_, Expression::Constant(Value::Integer(index), kind)) if index >= 0 => {
                Expression::Constant(Value::Integer(index + 1), kind)
            }
            _ => return refuse(at, "an element of a list by an index that is not a whole number from 0"),
        };
        Ok(Expression::Call(Function::Element, vec![value, index]))
    }
}
