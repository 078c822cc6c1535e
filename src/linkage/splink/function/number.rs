//! Functions of numbers.

use super::Function;
use crate::linkage::value::Value;

/// The function of these arguments, none of which is missing.
pub(super) fn evaluate(function: Function, arguments: &[Value]) -> Value {
    match (function, arguments) {
        (Function::Pi, _) => Value::Float(std::f64::consts::PI),
        (Function::Absolute, [Value::Integer(number)]) => number.checked_abs().map_or(Value::Null, Value::Integer),
        (Function::Sign, [Value::Integer(number)]) => Value::Integer(number.signum()),
        (Function::Round | Function::Floor | Function::Ceiling | Function::Truncate, [Value::Integer(number)]) => {
            Value::Integer(*number)
        }
        (Function::Round, [value, Value::Integer(places)]) => value.as_number().map_or(Value::Null, |number| {
            let scale = libm::pow(10.0, *places as f64);
            Value::Float(libm::round(number * scale) / scale)
        }),
        (Function::ArcTangent2, [y, x]) => match (y.as_number(), x.as_number()) {
            (Some(y), Some(x)) => Value::Float(libm::atan2(y, x)),
            _ => Value::Null,
        },
        (_, [value]) => value.as_number().map_or(Value::Null, |number| Value::Float(of_number(function, number))),
        _ => Value::Null,
    }
}

/// A function of one number.
pub(in crate::linkage::splink) fn of_number(function: Function, number: f64) -> f64 {
    match function {
        Function::Absolute => number.abs(),
        Function::Sign if number > 0.0 => 1.0,
        Function::Sign if number < 0.0 => -1.0,
        Function::Sign => 0.0,
        Function::Round => libm::round(number),
        Function::Floor => libm::floor(number),
        Function::Ceiling => libm::ceil(number),
        Function::Truncate => libm::trunc(number),
        Function::SquareRoot => libm::sqrt(number),
        Function::NaturalLogarithm => libm::log(number),
        Function::Logarithm2 => libm::log2(number),
        Function::Logarithm10 => libm::log10(number),
        Function::Exponential => libm::exp(number),
        Function::Sine => libm::sin(number),
        Function::Cosine => libm::cos(number),
        Function::Tangent => libm::tan(number),
        Function::ArcSine => libm::asin(number),
        Function::ArcCosine => libm::acos(number),
        Function::ArcTangent => libm::atan(number),
        Function::Radians => number * (std::f64::consts::PI / 180.0),
        Function::Degrees => number * (180.0 / std::f64::consts::PI),
        _ => f64::NAN,
    }
}
