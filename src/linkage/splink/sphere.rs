//! Distances between places on a sphere, told from bounds without working them out.
//!
//! Splink asks for `acos(sin a * sin b + cos a * cos b * cos(d)) * radius <= km`. What stands within `acos` is the
//! product of two points of the sphere, which each place has once; since `acos` falls, all but distances that are
//! almost the bound are decided by that product. Those few are worked out as they are written.

use super::condition::Condition;
use super::expression::{Arithmetic, Comparison, Side};
use super::feature::FeatureTable;
use super::function::{Function, of_number};
use super::number::{At, Number};
use crate::linkage::frame::NULL_ID;

/// The point of each tuple; not a number where it has none.
#[derive(Default)]
pub(super) struct Points {
    /// The sine and cosine of the latitude, and the longitude in degrees.
    features: Option<[usize; 3]>,
    points: Vec<[f64; 3]>,
}

/// The products of two points from which on, and up to which, it is certain whether a distance is within a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reach {
    near: f64,
    far: f64,
}

impl Points {
    /// Gives each tuple its point.
    pub(super) fn compute(&mut self, table: &FeatureTable) {
        let Some(features) = self.features else { return };
        let point = |ids: &[u32]| {
            let [sine, cosine, longitude] = features.map(|feature| match ids[feature] {
                NULL_ID => f64::NAN,
                id => table.numbers[id as usize],
            });
            // Rounding is known to be small only where these are what they should be.
            if !(sine.abs() <= 1.0 && cosine.abs() <= 1.0 && longitude.abs() <= 720.0) {
                return [f64::NAN; 3];
            }
            let longitude = of_number(Function::Radians, longitude);
            [cosine * libm::cos(longitude), cosine * libm::sin(longitude), sine]
        };
        self.points = table.rows().map(point).collect();
    }

    /// Whether two tuples are within reach, where that is certain.
    #[inline]
    pub(super) fn are_within(&self, reach: Reach, left: u32, right: u32) -> Option<bool> {
        let (a, b) = (&self.points[left as usize], &self.points[right as usize]);
        let product = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        if product >= reach.near {
            Some(true)
        } else if product <= reach.far {
            Some(false)
        } else {
            None
        }
    }
}

/// A condition that bounds such a distance, ready to be decided by points.
pub(super) fn bounded(condition: &Condition, numbers: &[Number], points: &mut Points) -> Option<Condition> {
    let Condition::Bound { number, comparison, bound } = condition else { return None };
    let (radius, features) = distance(numbers, *number)?;
    let angle = bound / radius;
    let is_known = points.features.is_none_or(|known| known == features);
    // A margin of a millionth is far more than rounding to single precision takes; 1e-13 more than that of products.
    let fits = angle > 1e-6 && angle < 3.0 && is_known && radius > 0.0;
    if !fits || matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
        return None;
    }
    points.features = Some(features);
    let reach = Reach { near: libm::cos(angle * (1.0 - 1e-6)) + 1e-13, far: libm::cos(angle * (1.0 + 1e-6)) - 1e-13 };
    let within = matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
    Some(Condition::Within { reach, within, exact: Box::new(condition.clone()) })
}

/// The radius, and the features of a place, if a number is a distance on a sphere.
fn distance(numbers: &[Number], number: usize) -> Option<(f64, [usize; 3])> {
    let number = match &numbers[number] {
        Number::Single(number) => *number,
        _ => number,
    };
    let (a, b) = product(numbers, number)?;
    let (angle, radius) = match (&numbers[a], &numbers[b]) {
        (Number::Of(Function::ArcCosine, angle), Number::Constant(radius))
        | (Number::Constant(radius), Number::Of(Function::ArcCosine, angle)) => (*angle, *radius),
        _ => return None,
    };
    let cosine = clamped(numbers, angle)?;
    let Number::Arithmetic(Arithmetic::Add, sines, others) = &numbers[cosine] else { return None };
    let sine = of_both(numbers, product(numbers, *sines)?)?;
    let (cosines, difference) = product(numbers, *others)?;
    let cosine = of_both(numbers, product(numbers, cosines)?)?;
    let Number::Of(Function::Cosine, difference) = &numbers[difference] else { return None };
    let Number::Of(Function::Radians, difference) = &numbers[*difference] else { return None };
    let Number::Arithmetic(Arithmetic::Subtract, a, b) = &numbers[*difference] else { return None };
    Some((radius, [sine, cosine, of_both(numbers, (*a, *b))?]))
}

fn product(numbers: &[Number], number: usize) -> Option<(usize, usize)> {
    match &numbers[number] {
        Number::Arithmetic(Arithmetic::Multiply, a, b) => Some((*a, *b)),
        _ => None,
    }
}

/// The number that is brought between -1 and 1.
fn clamped(numbers: &[Number], number: usize) -> Option<usize> {
    let Number::Case(branches, otherwise) = &numbers[number] else { return None };
    let ends = [(Comparison::Greater, 1.0), (Comparison::Less, -1.0)];
    let is_end = |(test, result): &(Condition, usize), (comparison, end): (Comparison, f64)| {
        *test == Condition::Bound { number: *otherwise, comparison, bound: end }
            && numbers[*result] == Number::Constant(end)
    };
    (branches.len() == 2 && branches.iter().zip(ends).all(|(branch, end)| is_end(branch, end))).then_some(*otherwise)
}

/// The feature that two numbers are of both records.
fn of_both(numbers: &[Number], (a, b): (usize, usize)) -> Option<usize> {
    match (&numbers[a], &numbers[b]) {
        (
            Number::Feature(At { side: Side::Left, feature: a }),
            Number::Feature(At { side: Side::Right, feature: b }),
        )
        | (
            Number::Feature(At { side: Side::Right, feature: a }),
            Number::Feature(At { side: Side::Left, feature: b }),
        ) if a == b => Some(*a),
        _ => None,
    }
}
