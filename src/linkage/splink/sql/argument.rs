//! Arguments of functions, which the parser may take for named ones.

use sqlparser::ast::{BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArgOperator};

/// An argument of a function. `x_l = y` looks like a named argument to the parser and is a comparison to DuckDB; where
/// more than a simple value follows, the parser has cut it in the wrong place.
pub(super) fn argument(argument: &FunctionArg) -> Option<Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        FunctionArg::Named {
            name,
            operator: FunctionArgOperator::Equals,
            arg:
                FunctionArgExpr::Expr(
                    value @ (Expr::Identifier(_)
                    | Expr::CompoundIdentifier(_)
                    | Expr::Value(_)
                    | Expr::Function(_)
                    | Expr::Nested(_)
                    | Expr::Cast { .. }),
                ),
        } => Some(Expr::BinaryOp {
            left: Box::new(Expr::Identifier(name.clone())),
            op: BinaryOperator::Eq,
            right: Box::new(value.clone()),
        }),
        _ => None,
    }
}
