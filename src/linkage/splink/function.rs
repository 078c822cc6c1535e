//! The SQL functions that a condition may call: their names, parameters and results.

mod list;
mod number;
mod text;
mod time;

pub(super) use number::of_number;
pub(super) use text::like;
pub use text::written;
pub use time::parse_time;
pub(super) use time::{date_of_text, day_of, knows_format, knows_part, start_of_day, timestamp_of_text};

use super::dialect::Dialect;
use crate::linkage::value::{Value, ValueType};

/// What string distances count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8, as DuckDB does.
    Byte,
    /// Characters, as the other dialects do.
    Character,
}

/// A function of values. Names in the comments are DuckDB's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the SQL function beside its name in `Function::find`")]
pub enum Function {
    Levenshtein(Unit),
    DamerauLevenshtein(Unit),
    Jaro(Unit),
    JaroWinkler(Unit),
    Jaccard(Unit),
    Hamming(Unit),
    Lower,
    Upper,
    Length,
    ByteLength,
    Left,
    Right,
    Substring,
    Trim,
    TrimLeft,
    TrimRight,
    Replace,
    Reverse,
    StartsWith,
    EndsWith,
    Contains,
    /// `LIKE`: text, wildcard and, if there is one, the escape character.
    Like,
    LikeAnyCase,
    Position,
    SplitPart,
    Split,
    Join,
    PadLeft,
    PadRight,
    Repeat,
    Concat,
    ConcatWith,
    /// `||`: missing when a side is, where `concat` leaves it out.
    Joined,
    ListOf,
    Intersect,
    HasAny,
    HasAll,
    ListMaximum,
    ListMinimum,
    ListSum,
    Flatten,
    Distinct,
    Sort,
    Element,
    /// `x[from:to]`: both ends included, from 1, negative ones from the end.
    Slice,
    ListConcat,
    CosineSimilarity,
    /// `array_cosine_similarity`: in the precision of the elements.
    CosineSimilarityOfArrays,
    Epoch,
    /// `try_strptime`.
    ParseTime,
    DateDifference,
    DatePart,
    FormatTime,
    Absolute,
    Sign,
    Greatest,
    Least,
    Coalesce,
    NullIf,
    If,
    Round,
    Floor,
    Ceiling,
    Truncate,
    SquareRoot,
    NaturalLogarithm,
    Logarithm2,
    Logarithm10,
    Exponential,
    Sine,
    Cosine,
    Tangent,
    ArcSine,
    ArcCosine,
    ArcTangent,
    ArcTangent2,
    Radians,
    Degrees,
    Pi,
}

/// What a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Temporal,
    List,
    TextOrList,
    Any,
}

impl Function {
    /// The function of this name (lower case) in a dialect, and whether published tests prove that it
    /// behaves there as it does here.
    pub(super) fn find(name: &str, dialect: Dialect) -> Option<(Function, bool)> {
        use Function::*;
        let unit = if dialect.counts_bytes() { Unit::Byte } else { Unit::Character };
        let duckdb = dialect == Dialect::DuckDb;
        // Standard functions that agree in every dialect on the arguments Splink gives them.
        let common = match name {
            "lower" | "lcase" => Some(Lower),
            "upper" | "ucase" => Some(Upper),
            "substr" | "substring" => Some(Substring),
            "left" => Some(Left),
            "right" => Some(Right),
            "abs" => Some(Absolute),
            "coalesce" | "ifnull" => Some(Coalesce),
            "nullif" => Some(NullIf),
            "sin" => Some(Sine),
            "cos" => Some(Cosine),
            "acos" => Some(ArcCosine),
            "radians" => Some(Radians),
            "floor" => Some(Floor),
            "sqrt" => Some(SquareRoot),
            "trim" => Some(Trim),
            "replace" => Some(Replace),
            "length" | "char_length" | "character_length" => Some(Length),
            _ => None,
        };
        if let Some(function) = common {
            return Some((function, true));
        }
        let function = match name {
            "levenshtein" => Levenshtein(unit),
            "editdist3" if duckdb => Levenshtein(unit),
            "damerau_levenshtein" => DamerauLevenshtein(unit),
            "jaro_similarity" | "jaro_sim" => Jaro(unit),
            "jaro_winkler_similarity" | "jaro_winkler" | "jaro_winkler_udf" => JaroWinkler(unit),
            "jaccard" | "jaccard_sim" => Jaccard(unit),
            "hamming" | "mismatches" => Hamming(unit),
            "len" | "array_length" | "size" | "cardinality" => Length,
            "strlen" => ByteLength,
            "ltrim" => TrimLeft,
            "rtrim" => TrimRight,
            "reverse" => Reverse,
            "starts_with" | "prefix" | "startswith" => StartsWith,
            "ends_with" | "suffix" | "endswith" => EndsWith,
            "contains" | "list_contains" | "array_contains" | "list_has" | "array_has" => Contains,
            "strpos" | "instr" => Position,
            "split_part" => SplitPart,
            "string_split" | "str_split" | "split" | "string_to_array" if dialect != Dialect::Spark => Split,
            "array_to_string" | "list_to_string" => Join,
            "lpad" => PadLeft,
            "rpad" => PadRight,
            "repeat" => Repeat,
            // Spark's concat is missing when one part is; DuckDB's and PostgreSQL's leaves the part out.
            "concat" if dialect == Dialect::Spark => Joined,
            "concat" => Concat,
            "concat_ws" => ConcatWith,
            "list_value" | "list_pack" | "array" => ListOf,
            "list_intersect" | "array_intersect" => Intersect,
            "list_has_any" | "array_has_any" | "arrays_overlap" => HasAny,
            "list_has_all" | "array_has_all" => HasAll,
            "list_max" | "array_max" => ListMaximum,
            "list_min" | "array_min" => ListMinimum,
            "list_sum" => ListSum,
            "flatten" => Flatten,
            "list_distinct" | "array_distinct" => Distinct,
            "list_sort" | "array_sort" | "sort_array" => Sort,
            "list_extract" | "list_element" | "array_extract" | "element_at" => Element,
            "list_slice" | "array_slice" => Slice,
            "list_concat" | "list_cat" | "array_concat" | "array_cat" => ListConcat,
            "list_cosine_similarity" => CosineSimilarity,
            "array_cosine_similarity" => CosineSimilarityOfArrays,
            "epoch" | "unix_timestamp" => Epoch,
            "try_strptime" | "try_to_timestamp" => ParseTime,
            "date_diff" | "datediff" => DateDifference,
            "date_part" | "datepart" => DatePart,
            "strftime" if duckdb => FormatTime,
            "sign" => Sign,
            "greatest" => Greatest,
            "least" => Least,
            "max" if dialect == Dialect::Sqlite => Greatest,
            "min" if dialect == Dialect::Sqlite => Least,
            "if" | "iff" => If,
            "round" => Round,
            "ceil" | "ceiling" => Ceiling,
            "trunc" => Truncate,
            "ln" => NaturalLogarithm,
            "log2" => Logarithm2,
            "log" | "log10" if duckdb => Logarithm10,
            "exp" => Exponential,
            "tan" => Tangent,
            "asin" => ArcSine,
            "atan" => ArcTangent,
            "atan2" => ArcTangent2,
            "degrees" => Degrees,
            "pi" => Pi,
            _ => return None,
        };
        Some((function, duckdb))
    }

    /// What each parameter must be; the last repeats when the function takes any number. Then the least
    /// and the greatest number of arguments.
    pub(super) fn parameters(self) -> (&'static [Kind], usize, usize) {
        use Function::*;
        use Kind::{Any, List, Number, Temporal, Text, TextOrList};
        const MANY: usize = usize::MAX;
        match self {
            Levenshtein(_) | DamerauLevenshtein(_) | Jaro(_) | JaroWinkler(_) | Jaccard(_) | Hamming(_) => {
                (&[Text], 2, 2)
            }
            Lower | Upper | Reverse | ByteLength => (&[Text], 1, 1),
            Length => (&[TextOrList, Number], 1, 2),
            Left | Right | Repeat => (&[Text, Number], 2, 2),
            Substring => (&[Text, Number], 2, 3),
            Trim | TrimLeft | TrimRight => (&[Text], 1, 2),
            Replace => (&[Text], 3, 3),
            Like | LikeAnyCase => (&[Text], 2, 3),
            StartsWith | EndsWith | Position | Split => (&[Text], 2, 2),
            Contains => (&[TextOrList, Any], 2, 2),
            SplitPart => (&[Text, Text, Number], 3, 3),
            Join => (&[List, Text], 2, 2),
            PadLeft | PadRight => (&[Text, Number, Text], 3, 3),
            Concat | Coalesce | Greatest | Least | ListOf => (&[Any], 1, MANY),
            Joined => (&[Any], 2, MANY),
            ConcatWith => (&[Text, Any], 2, MANY),
            Intersect | HasAny | HasAll | ListConcat | CosineSimilarity | CosineSimilarityOfArrays => (&[List], 2, 2),
            ListMaximum | ListMinimum | ListSum | Flatten | Distinct | Sort => (&[List], 1, 1),
            Element => (&[TextOrList, Number], 2, 2),
            Slice => (&[TextOrList, Number], 3, 3),
            Epoch => (&[Temporal], 1, 1),
            ParseTime => (&[Text, Any], 2, 2),
            DateDifference => (&[Text, Temporal, Temporal], 3, 3),
            DatePart => (&[Text, Temporal], 2, 2),
            FormatTime => (&[Temporal, Text], 2, 2),
            NullIf => (&[Any], 2, 2),
            If => (&[Any], 3, 3),
            Round => (&[Number], 1, 2),
            ArcTangent2 => (&[Number], 2, 2),
            Pi => (&[], 0, 0),
            Absolute | Sign | Floor | Ceiling | Truncate | SquareRoot | NaturalLogarithm | Logarithm2 | Logarithm10
            | Exponential | Sine | Cosine | Tangent | ArcSine | ArcCosine | ArcTangent | Radians | Degrees => {
                (&[Number], 1, 1)
            }
        }
    }

    /// The type of the result for arguments of these types.
    pub(super) fn result(self, arguments: &[ValueType]) -> ValueType {
        use Function::*;
        let first = || arguments.first().cloned().unwrap_or(ValueType::Null);
        let item = |list: ValueType| match list {
            ValueType::List(item) => *item,
            other => other,
        };
        match self {
            Levenshtein(_)
            | DamerauLevenshtein(_)
            | Hamming(_)
            | Length
            | ByteLength
            | Position
            | DateDifference
            | DatePart => ValueType::Integer,
            Jaro(_) | JaroWinkler(_) | Jaccard(_) | CosineSimilarity | Epoch | SquareRoot | NaturalLogarithm
            | Logarithm2 | Logarithm10 | Exponential | Sine | Cosine | Tangent | ArcSine | ArcCosine | ArcTangent
            | ArcTangent2 | Radians | Degrees | Pi => ValueType::Float,
            // In the precision of the elements.
            CosineSimilarityOfArrays => item(first()),
            Lower | Upper | Reverse | Left | Right | Repeat | Substring | Trim | TrimLeft | TrimRight | Replace
            | SplitPart | Join | PadLeft | PadRight | Concat | ConcatWith | Joined | FormatTime => ValueType::Text,
            StartsWith | EndsWith | Contains | Like | LikeAnyCase | HasAny | HasAll => ValueType::Boolean,
            Split => ValueType::List(Box::new(ValueType::Text)),
            ParseTime => ValueType::Timestamp,
            ListOf => ValueType::List(Box::new(first())),
            Intersect | Distinct | Sort | ListConcat | Slice => first(),
            Flatten | ListMaximum | ListMinimum | ListSum | Element => item(first()),
            If => arguments.get(1).cloned().unwrap_or(ValueType::Null),
            NullIf | Coalesce | Greatest | Least | Absolute | Sign | Round | Floor | Ceiling | Truncate => first(),
        }
    }

    /// The function of these arguments.
    ///
    /// # Errors
    /// What DuckDB would refuse at run time: the Jaccard similarity of an empty text.
    pub(super) fn evaluate(self, arguments: &[Value]) -> Result<Value, Fault> {
        use Function::*;
        match self {
            Concat | ConcatWith => text::within(arguments).map(|()| text::concat(self, arguments)),
            Coalesce => Ok(arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)),
            Greatest => Ok(extreme(arguments, true)),
            Least => Ok(extreme(arguments, false)),
            NullIf if arguments[0] == arguments[1] => Ok(Value::Null),
            NullIf => Ok(arguments[0].clone()),
            If if arguments[0] == Value::Boolean(true) => Ok(arguments[1].clone()),
            If => Ok(arguments[2].clone()),
            ListOf => Ok(Value::List(arguments.into())),
            ListConcat => Ok(list::concat(arguments)),
            _ if arguments.iter().any(Value::is_null) => Ok(Value::Null),
            Intersect
            | HasAny
            | HasAll
            | ListMaximum
            | ListMinimum
            | ListSum
            | Flatten
            | Distinct
            | Sort
            | CosineSimilarity
            | CosineSimilarityOfArrays
            | Join => Ok(list::evaluate(self, arguments)),
            Length | Contains | Element | Slice if matches!(arguments[0], Value::List(_)) => {
                Ok(list::evaluate(self, arguments))
            }
            Epoch | ParseTime | DateDifference | DatePart | FormatTime => Ok(time::evaluate(self, arguments)),
            Absolute | Sign | Round | Floor | Ceiling | Truncate | SquareRoot | NaturalLogarithm | Logarithm2
            | Logarithm10 | Exponential | Sine | Cosine | Tangent | ArcSine | ArcCosine | ArcTangent | ArcTangent2
            | Radians | Degrees | Pi => Ok(number::evaluate(self, arguments)),
            _ => text::evaluate(self, arguments),
        }
    }
}

/// Why a value cannot be computed where DuckDB would stop with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Jaccard similarity of an empty text.
    EmptyJaccard,
    /// Hamming distance of texts of unlike length.
    UnlikeLengths,
    /// A value that cannot be cast.
    Cast,
    /// Whole division or remainder by zero.
    DivisionByZero,
    /// A whole number beyond 64 bits.
    Overflow,
    /// A text that no name or address can be.
    TooLong,
}

impl Fault {
    /// The bit of this fault in a set of faults.
    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }

    /// An id that stands for this fault in place of a value's.
    pub(super) fn id(self) -> u32 {
        u32::MAX - self as u32
    }

    /// The fault that an id stands for.
    #[inline]
    pub(super) fn of_id(id: u32) -> Option<Fault> {
        // Most ids are a value's.
        if id <= u32::MAX - Fault::ALL.len() as u32 {
            return None;
        }
        Fault::ALL.into_iter().find(|fault| fault.id() == id)
    }

    /// Every fault.
    pub(super) const ALL: [Fault; 6] = [
        Fault::EmptyJaccard,
        Fault::UnlikeLengths,
        Fault::Cast,
        Fault::DivisionByZero,
        Fault::Overflow,
        Fault::TooLong,
    ];

    /// What happened, in words.
    pub fn message(self) -> &'static str {
        match self {
            Fault::EmptyJaccard => "the Jaccard similarity of an empty text is not defined",
            Fault::UnlikeLengths => "the Hamming distance needs texts of one length",
            Fault::Cast => "a value cannot be cast to the type wanted",
            Fault::DivisionByZero => "a whole number is divided by zero",
            Fault::Overflow => "a whole number grows beyond 64 bits",
            Fault::TooLong => "a text grows beyond 64 KiB by repeating, or beyond 16 MiB otherwise",
        }
    }
}

fn extreme(values: &[Value], greatest: bool) -> Value {
    let known = values.iter().filter(|value| !value.is_null());
    let found = if greatest { known.max_by(|a, b| a.order(b)) } else { known.min_by(|a, b| a.order(b)) };
    found.cloned().unwrap_or(Value::Null)
}

/// The places, from 0, that a slice from one end to the other takes of so many elements.
fn places_of_slice(length: usize, from: i64, to: i64) -> std::ops::Range<usize> {
    let length = length as i64;
    let from_start = |place: i64| if place < 0 { length.saturating_add(place).saturating_add(1) } else { place };
    let from = from_start(from).clamp(1, length + 1);
    let to = from_start(to).clamp(from - 1, length);
    (from - 1) as usize..to as usize
}
