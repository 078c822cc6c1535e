//! Which column of a file is which canonical column.

use crate::error::{Error, columns_found};
use crate::identity::column::Column;
use std::collections::HashMap;
use std::sync::LazyLock;
use toml::de::{DeTable, DeValue};

/// The spelling lists of `data/columns/`, as [`parse`] reads them, one after the other: no browser then needs to read
/// TOML. A test holds them to their files, and `scripts/pack-data` makes them again.
const PACKED: &[u8] = include_bytes!("../../data/packed/columns.postcard");

/// Spellings of canonical columns, each with its rank: of two columns of a file that are spelled for
/// the same canonical column, the one of lower rank is used.
#[derive(Clone, Debug, Default)]
pub struct Spellings {
    ranks: HashMap<String, Vec<(Column, usize)>>,
}

impl Spellings {
    /// The lists in `data/columns/`.
    ///
    /// ```
    /// use childlink::exchange::column_map::Spellings;
    /// use childlink::identity::column::Column;
    /// assert_eq!(Spellings::built_in().column("PERSON_DOB"), Some(Column::BirthDate));
    /// assert_eq!(Spellings::built_in().column("Date of Birth"), Some(Column::BirthDate));
    /// assert_eq!(Spellings::built_in().column("favourite colour"), None);
    /// ```
    pub fn built_in() -> &'static Spellings {
        static BUILT_IN: LazyLock<Spellings> = LazyLock::new(|| {
            let mut spellings = Spellings::default();
            for column in Column::ALL {
                spellings.add(column.name(), column, 0);
            }
            // A test reads what is packed, so that it cannot fail here.
            let lists: Vec<(&str, Vec<&str>)> = postcard::from_bytes(PACKED).unwrap_or_default();
            for (column, names) in lists {
                for (rank, name) in names.iter().enumerate() {
                    Column::from_name(column).into_iter().for_each(|column| spellings.add(name, column, rank + 1));
                }
            }
            spellings
        });
        &BUILT_IN
    }

    /// The built-in lists, save that for each canonical column named in `toml` only the spellings
    /// given there count. One column of a file may then serve two canonical columns.
    ///
    /// ```
    /// use childlink::exchange::column_map::Spellings;
    /// use childlink::identity::column::Column;
    /// let own = Spellings::with("[columns]\nrecord_id = [\"Pat Ref\"]\nbirth_date = \"When born\"")?;
    /// assert_eq!(own.column("pat_ref"), Some(Column::RecordId));
    /// assert_eq!(own.column("dob"), None);
    /// assert_eq!(own.column("surname"), Some(Column::FamilyName));
    /// # Ok::<(), childlink::Error>(())
    /// ```
    ///
    /// # Errors
    /// `columns/unreadable` if the text is no such list; `columns/unknown-column` if it names a
    /// column that is not canonical.
    pub fn with(toml: &str) -> Result<Spellings, Error> {
        let own = parse(toml)?;
        let mut spellings = Spellings::built_in().clone();
        for places in spellings.ranks.values_mut() {
            places.retain(|(column, _)| own.iter().all(|(named, _)| named != column));
        }
        for (column, names) in own {
            for (rank, name) in names.iter().enumerate() {
                spellings.add(name, column, rank);
            }
        }
        Ok(spellings)
    }

    /// The canonical column of this spelling, if there is one.
    pub fn column(&self, name: &str) -> Option<Column> {
        self.columns(name).first().map(|&(column, _)| column)
    }

    /// Every canonical column of this spelling, with its rank.
    pub(super) fn columns(&self, name: &str) -> &[(Column, usize)] {
        self.ranks.get(&comparable(name)).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, name: &str, column: Column, rank: usize) {
        let places = self.ranks.entry(comparable(name)).or_default();
        if places.iter().all(|&(known, _)| known != column) {
            places.push((column, rank));
        }
    }
}

/// A spelling without what does not count: case, spaces, punctuation. In capitals, as names are compared: one table of
/// letters serves both.
fn comparable(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Reads the `[columns]` of a spelling list: a name or a list of names for each canonical column.
fn parse(text: &str) -> Result<Vec<(Column, Vec<String>)>, Error> {
    const HINT: &str = "write one line a column, for example birth_date = [\"Date of Birth\"], below [columns]";
    let unreadable = |what: String| Error::new("columns/unreadable", what, HINT);
    // The values as they stand: those of `toml::Value` come by a deserialiser that costs a browser kilobytes.
    let document = DeTable::parse(text).map_err(|e| unreadable(e.message().to_owned()))?.into_inner();
    let Some(columns) = document.get("columns").and_then(|columns| columns.get_ref().as_table()) else {
        return Err(unreadable("the list of columns has no [columns]".to_owned()));
    };
    let mut parsed = Vec::new();
    for (name, value) in columns {
        let (name, value): (&str, &DeValue<'_>) = (name.get_ref(), value.get_ref());
        let Some(column) = Column::from_name(name) else {
            return Err(Error::new(
                "columns/unknown-column",
                format!("the list of columns names {name}, which is no canonical column"),
                "the canonical columns are listed in docs/columns.md",
            )
            .in_field(name));
        };
        let names = match (value.as_str(), value.as_array()) {
            (Some(one), _) => Some(vec![one.to_owned()]),
            (None, Some(many)) => many.iter().map(|n| n.get_ref().as_str().map(str::to_owned)).collect(),
            (None, None) => None,
        };
        let names = names.ok_or_else(|| unreadable(format!("the spellings of {name} are not text")))?;
        parsed.push((column, names));
    }
    Ok(parsed)
}

/// Where the canonical columns stand in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    places: Vec<(Column, usize)>,
    kept: Vec<Option<usize>>,
    unknown: Vec<String>,
    passed_over: Vec<(String, Column)>,
}

impl ColumnMap {
    /// Finds the canonical columns in a header. `keep` names other columns to hand on.
    ///
    /// # Errors
    /// `columns/twice` if a known column stands in the header twice under one spelling;
    /// `columns/missing` if there is no `record_id`, no `birth_date`, or neither `family_name` nor
    /// `nhs_number`.
    pub fn new(header: &[String], spellings: &Spellings, keep: &[String]) -> Result<ColumnMap, Error> {
        let mut best: Vec<Option<(usize, usize)>> = vec![None; Column::COUNT];
        for (place, name) in header.iter().enumerate() {
            for &(column, rank) in spellings.columns(name) {
                match &mut best[column.index()] {
                    Some((earlier, _)) if comparable(&header[*earlier]) == comparable(name) => {
                        return Err(Error::new(
                            "columns/twice",
                            format!("columns {} and {} are both named {name}", *earlier + 1, place + 1),
                            "remove or rename one of them in the export",
                        )
                        .in_field(column.name()));
                    }
                    Some(known) if known.1 <= rank => {}
                    slot => *slot = Some((place, rank)),
                }
            }
        }
        let places: Vec<(Column, usize)> =
            Column::ALL.into_iter().filter_map(|column| Some((column, best[column.index()]?.0))).collect();
        let kept = keep.iter().map(|name| header.iter().position(|h| comparable(h) == comparable(name))).collect();
        let mut map = ColumnMap { places, kept, unknown: Vec::new(), passed_over: Vec::new() };
        for (place, name) in header.iter().enumerate() {
            if map.places.iter().any(|&(_, used)| used == place) || map.kept.contains(&Some(place)) {
                continue;
            }
            match spellings.column(name) {
                Some(column) => map.passed_over.push((name.clone(), column)),
                None => map.unknown.push(name.clone()),
            }
        }
        map.check(header)?;
        Ok(map)
    }

    /// The canonical columns of the file and their places, from 0, in canonical order.
    pub fn places(&self) -> &[(Column, usize)] {
        &self.places
    }

    /// The place of a canonical column, from 0.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == column).map(|&(_, place)| place)
    }

    /// The place of each column to keep, in the order asked for.
    pub fn kept(&self) -> &[Option<usize>] {
        &self.kept
    }

    /// Columns that are neither canonical nor kept, as the header names them.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Columns that a better spelling for the same canonical column left unused.
    pub fn passed_over(&self) -> &[(String, Column)] {
        &self.passed_over
    }

    fn check(&self, header: &[String]) -> Result<(), Error> {
        let has = |column| self.place(column).is_some();
        let mut missing = Vec::new();
        if !has(Column::RecordId) {
            missing.push("record_id");
        }
        if !has(Column::BirthDate) {
            missing.push("birth_date");
        }
        if !has(Column::FamilyName) && !has(Column::NhsNumber) {
            missing.push("family_name or nhs_number");
        }
        if missing.is_empty() {
            return Ok(());
        }
        let found = columns_found(header.iter().map(String::as_str), |_| !self.places.is_empty());
        Err(Error::new(
            "columns/missing",
            format!("no column for {}; {found}", missing.join(" and ")),
            "the first line must name the columns, separated by comma, bar, semicolon or tab; \
             give other spellings with --columns FILE",
        )
        .in_field(missing[0]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The spelling lists that ship with childlink, the most general last.
    const LAYOUTS: [&str; 5] = [
        include_str!("../../data/columns/pds-mesh.toml"),
        include_str!("../../data/columns/imms-batch.toml"),
        include_str!("../../data/columns/systmone.toml"),
        include_str!("../../data/columns/careplus.toml"),
        include_str!("../../data/columns/usual.toml"),
    ];

    #[test]
    fn packed_spellings_are_those_of_their_files() {
        let lists: Vec<(&str, Vec<String>)> = LAYOUTS
            .iter()
            .flat_map(|layout| parse(layout).unwrap())
            .map(|(column, names)| (column.name(), names))
            .collect();
        let now = postcard::to_allocvec(&lists).unwrap();
        if std::env::var_os("CHILDLINK_PACK").is_some() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/packed/columns.postcard");
            std::fs::write(file, now).unwrap();
        } else {
            assert!(PACKED == now, "data/packed/columns.postcard is not what its files say: run scripts/pack-data");
        }
    }

    fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    fn map(names: &str) -> Result<ColumnMap, Error> {
        ColumnMap::new(&header(names), Spellings::built_in(), &[])
    }

    #[test]
    fn the_lists_that_ship_are_readable_and_agree() {
        let mut seen: HashMap<String, Column> = HashMap::new();
        for layout in LAYOUTS {
            for (column, names) in parse(layout).unwrap() {
                for name in names {
                    let known = *seen.entry(comparable(&name)).or_insert(column);
                    assert_eq!(known, column, "{name} is spelled for two columns");
                }
            }
        }
        for column in Column::ALL {
            assert!(seen.get(&comparable(column.name())).is_none_or(|&known| known == column));
        }
    }

    #[test]
    fn layouts_of_neighbouring_systems_are_recognised() {
        for (names, unknown) in [
            (
                "UNIQUE_REFERENCE,NHS_NO,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,DATE_OF_BIRTH,DATE_OF_DEATH,\
                 ADDRESS_LINE1,ADDRESS_LINE2,ADDRESS_LINE3,ADDRESS_LINE4,ADDRESS_LINE5,ADDRESS_DATE,POSTCODE,\
                 GP_PRACTICE_CODE,NHAIS_POSTING_ID,AS_AT_DATE,LOCAL_PATIENT_ID,INTERNAL_ID,TELEPHONE_NUMBER,\
                 MOBILE_NUMBER,EMAIL_ADDRESS",
                "ADDRESS_DATE,NHAIS_POSTING_ID,AS_AT_DATE,INTERNAL_ID,TELEPHONE_NUMBER,MOBILE_NUMBER,EMAIL_ADDRESS",
            ),
            (
                "NHS_NUMBER,PERSON_FORENAME,PERSON_SURNAME,PERSON_DOB,PERSON_GENDER_CODE,PERSON_POSTCODE,\
                 DATE_AND_TIME,UNIQUE_ID,UNIQUE_ID_URI,ACTION_FLAG",
                "DATE_AND_TIME,UNIQUE_ID_URI,ACTION_FLAG",
            ),
            (
                "source_system,record_id,nhs_number,given_name,other_names,family_name,sex,dob,address_1,postcode,\
                 gp_code,mother_given,mother_family",
                "",
            ),
        ] {
            let map = map(&names.replace(' ', "")).unwrap();
            assert_eq!(map.unknown().join(","), unknown);
        }
    }

    #[test]
    fn a_layout_without_record_id_is_read_with_a_list_of_its_own() {
        let names = header("NHS Number,Surname,Forename,Date of Birth,Address Line 1,Gender");
        let refused = ColumnMap::new(&names, Spellings::built_in(), &[]).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), ("columns/missing", Some("record_id")));
        assert!(refused.message.contains("found: NHS Number, Surname"));

        let own = Spellings::with("[columns]\nrecord_id = \"NHS Number\"").unwrap();
        let map = ColumnMap::new(&names, &own, &[]).unwrap();
        assert_eq!((map.place(Column::RecordId), map.place(Column::NhsNumber)), (Some(0), Some(0)));
    }

    /// The exports of SystmOne and CarePlus as the school service writes them
    /// (NHSDigital/manage-vaccinations-in-schools, April 2026), all columns: what is read of them, once a list names
    /// the record id.
    #[test]
    fn whole_exports_of_child_health_systems_are_read_with_a_record_id() {
        let own = |name: &str| {
            Spellings::with(&format!("[columns]\nrecord_id = \"{name}\"\nnhs_number = \"{name}\"")).unwrap()
        };
        let systmone = "Practice code,NHS number,Surname,Middle name,Forename,Gender,Date of Birth,House name,\
                        House number and road,Town,Postcode,Vaccination,Part,Admin date,Batch number,Expiry date,Dose,\
                        Reason,Site,Method,Notes";
        let names: Vec<String> = systmone.split(',').map(|name| name.trim().to_owned()).collect();
        let map = ColumnMap::new(&names, &own("NHS number"), &[]).unwrap();
        let read: Vec<(&str, &str)> = map.places().iter().map(|&(c, n)| (c.name(), names[n].as_str())).collect();
        assert_eq!(
            read,
            [
                ("record_id", "NHS number"),
                ("nhs_number", "NHS number"),
                ("given_name", "Forename"),
                ("other_names", "Middle name"),
                ("family_name", "Surname"),
                ("sex", "Gender"),
                ("birth_date", "Date of Birth"),
                ("address_1", "House name"),
                ("address_2", "House number and road"),
                ("address_4", "Town"),
                ("postcode", "Postcode"),
                ("gp_practice", "Practice code"),
            ]
        );
        assert_eq!(map.unknown().len(), 10);

        let vaccine = "Vaccine,Vaccine Code,Dose,Reason Not Given,Site,Manufacturer,Batch No";
        let careplus = format!(
            "NHS Number,Surname,Forename,Date of Birth,Address Line 1,Person Giving Consent,Ethnicity,Date Attended,\
             Time Attended,Venue Type,Venue Code,Staff Type,Staff Code,Attended,Reason Not Attended,Suspension End Date,\
             {},Gender",
            [vaccine; 5].join(",")
        );
        let names: Vec<String> = careplus.split(',').map(|name| name.trim().to_owned()).collect();
        // Five vaccines a row: columns that nobody reads may stand more than once.
        let map = ColumnMap::new(&names, &own("NHS Number"), &[]).unwrap();
        let read: Vec<&str> = map.places().iter().map(|&(column, _)| column.name()).collect();
        let known = ["record_id", "nhs_number", "given_name", "family_name", "sex", "birth_date", "address_1"];
        assert_eq!(read, known);
        assert!(map.passed_over().is_empty());
    }

    #[test]
    fn a_first_line_of_data_is_not_quoted_in_the_error() {
        let error = map("4010232137,Khan,2021-02-03").unwrap_err();
        assert!(!error.message.contains("Khan") && !error.message.contains("4010232137"), "{}", error.message);
    }

    #[test]
    fn one_spelling_twice_is_an_error_and_two_spellings_are_reported() {
        assert_eq!(map("record_id,dob,surname,nhs_number,NHS Number").unwrap_err().code, "columns/twice");
        let map = map("record_id,dob,birth_date,surname").unwrap();
        assert_eq!(map.place(Column::BirthDate), Some(2));
        assert_eq!(map.passed_over(), [("dob".to_owned(), Column::BirthDate)]);
    }

    #[test]
    fn unknown_columns_are_reported_unless_kept() {
        let names = header("record_id,dob,surname,Ward,Colour");
        let map = ColumnMap::new(&names, Spellings::built_in(), &["ward".to_owned()]).unwrap();
        assert_eq!((map.unknown(), map.kept()), (&["Colour".to_owned()][..], &[Some(3)][..]));
    }

    #[test]
    fn a_list_that_is_none_says_so() {
        assert_eq!(Spellings::with("birth_date = 1").unwrap_err().code, "columns/unreadable");
        assert_eq!(Spellings::with("[columns]\ncolour = \"x\"").unwrap_err().code, "columns/unknown-column");
        assert_eq!(Spellings::with("[columns]\nsex = 1").unwrap_err().code, "columns/unreadable");
    }
}
