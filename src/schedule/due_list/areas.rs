//! Areas of a list that the user brings, by postcode: the local authorities of coverage.

use crate::identity::postcode::Postcode;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// Which local authority each postcode lies in.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    codes: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32, FxBuildHasher>,
    by_postcode: HashMap<Postcode, u32, FxBuildHasher>,
}

impl Areas {
    /// The kind of these areas, as counts and coverage name it.
    pub const KIND: &'static str = "local-authority";

    /// Notes that a postcode lies in the area of a code; a later note of the same postcode outranks it.
    pub fn insert(&mut self, postcode: Postcode, code: &str) {
        let number = match self.numbers.get(code) {
            Some(number) => *number,
            None => {
                let number = self.codes.len() as u32;
                self.codes.push(code.into());
                self.numbers.insert(code.into(), number);
                number
            }
        };
        self.by_postcode.insert(postcode, number);
    }

    /// The code of the area of a postcode, if the list has it.
    pub fn of(&self, postcode: Postcode) -> Option<&str> {
        let number = *self.by_postcode.get(&postcode)?;
        self.codes.get(number as usize).map(|code| &**code)
    }

    /// How many postcodes it knows.
    pub fn len(&self) -> usize {
        self.by_postcode.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.by_postcode.is_empty()
    }
}
