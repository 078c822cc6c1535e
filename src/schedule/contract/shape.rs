//! The shapes of the input object. Every value is read loosely, so that a value of the wrong type is a
//! finding about one field and not the loss of the child.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The visits of a reader that takes what it does not look for as `$other`.
macro_rules! anything_else {
    ($value:ty, $other:expr; $($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<$value, E> {
            Ok($other)
        })*
    };
}

/// Reads the rest of a list that nobody asked for.
fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads the rest of an object that nobody asked for.
fn skip_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A scalar, or the fact that it is none.
#[derive(Clone, Default)]
pub(super) enum Value<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(i64),
    Other,
}

impl<'a> Value<'a> {
    /// The text, or empty.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Value::Text(text) => text,
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Absent | Value::Other => Cow::Borrowed(""),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::Other, Value::Number))
    }
    anything_else!(Value<'de>, Value::Other; visit_f64: f64, visit_bool: bool);
    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Absent)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Value<'de>, A::Error> {
        skip_list(list).map(|()| Value::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Value<'de>, A::Error> {
        skip_object(object).map(|()| Value::Other)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A list, or the fact that it is none.
pub(super) enum List<T> {
    Items(Vec<T>),
    Other,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::Items(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(64));
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(List::Items(items))
            }
            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }
            anything_else!(List<T>, List::Other; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<List<T>, A::Error> {
                skip_object(object).map(|()| List::Other)
            }
        }
        deserializer.deserialize_any(ListVisitor(std::marker::PhantomData))
    }
}

/// Reads an object whose listed keys matter, and makes anything else the default.
macro_rules! loose_object {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $key:literal => $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $name<'a> {
            $(pub(super) $field: $type,)*
            /// Whether it has a key that nobody knows.
            pub(super) has_unknown_key: bool,
        }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ObjectVisitor;
                impl<'de> Visitor<'de> for ObjectVisitor {
                    type Value = $name<'de>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name<'de>, A::Error> {
                        let mut object = $name::default();
                        while let Some(Key(key)) = map.next_key()? {
                            match key.as_ref() {
                                $($key => object.$field = map.next_value()?,)*
                                _ => {
                                    map.next_value::<IgnoredAny>()?;
                                    object.has_unknown_key = true;
                                }
                            }
                        }
                        Ok(object)
                    }
                    fn visit_unit<E>(self) -> Result<$name<'de>, E> {
                        Ok($name::default())
                    }
                    anything_else!($name<'de>, $name::default(); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
                    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<$name<'de>, A::Error> {
                        skip_list(list).map(|()| $name::default())
                    }
                }
                deserializer.deserialize_any(ObjectVisitor)
            }
        }
    };
}

/// A key of an object, borrowed unless it holds escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Key(value.into_text()))
    }
}

loose_object! {
    /// One child, as written.
    ChildShape {
        id: "id" => Value<'a>,
        birth_date: "birth_date" => Value<'a>,
        death_date: "death_date" => Value<'a>,
        sex: "sex" => Value<'a>,
        nation: "nation" => Value<'a>,
        year_group: "year_group" => Value<'a>,
        gestation_weeks: "gestation_weeks" => Value<'a>,
        risk_groups: "risk_groups" => List<Value<'a>>,
        doses: "doses" => List<DoseShape<'a>>,
        screens: "screens" => List<EventShape<'a>>,
        reviews: "reviews" => List<EventShape<'a>>,
        vitamin_k: "vitamin_k" => List<EventShape<'a>>,
        decisions: "decisions" => List<EventShape<'a>>,
        as_at: "as_at" => Value<'a>,
    }
}

loose_object! {
    /// A dose, as written.
    DoseShape { date: "date" => Value<'a>, product: "product" => ProductShape<'a> }
}

loose_object! {
    /// A screen, review, vitamin K dose or decision, as written: each has some of these keys.
    EventShape {
        date: "date" => Value<'a>,
        kind: "kind" => Value<'a>,
        condition: "condition" => Value<'a>,
        outcome: "outcome" => Value<'a>,
        route: "route" => Value<'a>,
        series: "series" => Value<'a>,
        status: "status" => Value<'a>,
        until: "until" => Value<'a>,
    }
}

loose_object! {
    /// A product given by code or by antigens, as written.
    ProductObject { snomed: "snomed" => Value<'a>, antigens: "antigens" => List<Value<'a>> }
}

/// A product, as written: a text or an object.
#[derive(Default)]
pub(super) enum ProductShape<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Object(ProductObject<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for ProductShape<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ProductVisitor;
        impl<'de> Visitor<'de> for ProductVisitor {
            type Value = ProductShape<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a product")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<ProductShape<'de>, E> {
                Ok(ProductShape::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<ProductShape<'de>, E> {
                Ok(ProductShape::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProductShape<'de>, A::Error> {
                ProductObject::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(ProductShape::Object)
            }
            fn visit_unit<E>(self) -> Result<ProductShape<'de>, E> {
                Ok(ProductShape::Absent)
            }
            anything_else!(ProductShape<'de>, ProductShape::Absent; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ProductShape<'de>, A::Error> {
                skip_list(list).map(|()| ProductShape::Absent)
            }
        }
        deserializer.deserialize_any(ProductVisitor)
    }
}
