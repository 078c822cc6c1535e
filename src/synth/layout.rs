//! Records and truth as delimited text, in one file or in one file per source system.

use super::source::{Encoding, Header, Source};
use super::{Block, Generator, Person, Record};
use crate::identity::column::Column;
use csv::{Terminator, Writer, WriterBuilder};

/// Which columns a merged file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// All canonical columns.
    #[default]
    Canonical,
    /// The columns that a merged child health index usually has, without birth order, number status
    /// or previous names.
    Chis,
}

const CHIS: &[(Column, &str)] = &[
    (Column::Source, "source_system"),
    (Column::RecordId, "record_id"),
    (Column::NhsNumber, "nhs_number"),
    (Column::GivenName, "given_name"),
    (Column::OtherNames, "other_names"),
    (Column::FamilyName, "family_name"),
    (Column::Sex, "sex"),
    (Column::BirthDate, "dob"),
    (Column::Address1, "address_1"),
    (Column::Address2, "address_2"),
    (Column::Address3, "address_3"),
    (Column::Address4, "address_4"),
    (Column::Address5, "address_5"),
    (Column::Postcode, "postcode"),
    (Column::GpPractice, "gp_code"),
    (Column::MotherGivenName, "mother_given"),
    (Column::MotherFamilyName, "mother_family"),
];

const PLAIN: &[(Column, &str)] = &[
    (Column::RecordId, "record_id"),
    (Column::NhsNumber, "nhs_number"),
    (Column::FamilyName, "surname"),
    (Column::GivenName, "forename"),
    (Column::OtherNames, "other_names"),
    (Column::PreviousFamilyName, "previous_surname"),
    (Column::Sex, "sex"),
    (Column::BirthDate, "dob"),
    (Column::DeathDate, "date_of_death"),
    (Column::Address1, "address_1"),
    (Column::Address2, "address_2"),
    (Column::Address3, "address_3"),
    (Column::Address4, "address_4"),
    (Column::Postcode, "postcode"),
    (Column::GpPractice, "gp_code"),
    (Column::MotherGivenName, "mother_given"),
    (Column::MotherFamilyName, "mother_family"),
];

const TRACING: &[(Column, &str)] = &[
    (Column::RecordId, "UNIQUE_REFERENCE"),
    (Column::NhsNumber, "NHS_NO"),
    (Column::FamilyName, "FAMILY_NAME"),
    (Column::GivenName, "GIVEN_NAME"),
    (Column::OtherNames, "OTHER_GIVEN_NAME"),
    (Column::Sex, "GENDER"),
    (Column::BirthDate, "DATE_OF_BIRTH"),
    (Column::DeathDate, "DATE_OF_DEATH"),
    (Column::Address1, "ADDRESS_LINE1"),
    (Column::Address2, "ADDRESS_LINE2"),
    (Column::Address3, "ADDRESS_LINE3"),
    (Column::Address4, "ADDRESS_LINE4"),
    (Column::Address5, "ADDRESS_LINE5"),
    (Column::Postcode, "POSTCODE"),
    (Column::GpPractice, "GP_PRACTICE_CODE"),
];

const IMMUNISATION: &[(Column, &str)] = &[
    (Column::NhsNumber, "NHS_NUMBER"),
    (Column::GivenName, "PERSON_FORENAME"),
    (Column::FamilyName, "PERSON_SURNAME"),
    (Column::BirthDate, "PERSON_DOB"),
    (Column::Sex, "PERSON_GENDER_CODE"),
    (Column::Postcode, "PERSON_POSTCODE"),
    (Column::RecordId, "UNIQUE_ID"),
];

/// How one file of records is written.
pub struct FileForm {
    columns: Vec<(Column, &'static str)>,
    encoding: Encoding,
    delimiter: u8,
}

impl FileForm {
    /// One file with the records of all source systems: UTF-8, commas.
    pub fn merged(layout: Layout) -> FileForm {
        let columns = match layout {
            Layout::Canonical => canonical(&Column::ALL),
            Layout::Chis => CHIS.to_vec(),
        };
        FileForm { columns, encoding: Encoding::Utf8, delimiter: b',' }
    }

    /// The file of one source system, in its own encoding, delimiter and column names.
    pub fn of_source(generator: &Generator, source: usize) -> FileForm {
        let Source { style, .. } = &generator.world.sources[source];
        let columns = match style.header {
            Header::Canonical => canonical(&Column::ALL[1..]),
            Header::Plain => PLAIN.to_vec(),
            Header::Tracing => TRACING.to_vec(),
            Header::Immunisation => IMMUNISATION.to_vec(),
        };
        FileForm { columns, encoding: style.encoding, delimiter: style.delimiter }
    }

    /// The byte order mark, if the encoding has one, and the header.
    pub fn head(&self) -> Vec<u8> {
        let header = self.text(|writer| writer.write_record(self.columns.iter().map(|(_, name)| *name)));
        let mark = matches!(self.encoding, Encoding::Utf16 | Encoding::Utf8WithMark);
        self.encoded(if mark { format!("\u{feff}{header}") } else { header })
    }

    /// The rows of some records.
    pub fn rows<'a>(&self, records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
        let text = self.text(|writer| {
            for record in records {
                writer.write_record(self.columns.iter().map(|(column, _)| record.get(*column)))?;
            }
            Ok(())
        });
        self.encoded(text)
    }

    fn text(&self, write: impl FnOnce(&mut Writer<Vec<u8>>) -> csv::Result<()>) -> String {
        delimited(self.delimiter, write)
    }

    fn encoded(&self, text: String) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8WithMark => text.into_bytes(),
            Encoding::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        }
    }
}

/// The rows of the truth about some records: source, record_id, person_id.
pub fn truth_rows<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
    let text = delimited(b',', |writer| {
        for record in records {
            let person = person_id(record.person);
            writer.write_record([record.get(Column::Source), record.get(Column::RecordId), &person])?;
        }
        Ok(())
    });
    text.into_bytes()
}

/// The header of the truth about records.
pub fn truth_head(layout: Layout) -> Vec<u8> {
    let source = match layout {
        Layout::Canonical => "source",
        Layout::Chis => "source_system",
    };
    format!("{source},record_id,person_id\n").into_bytes()
}

/// The rows of some persons: person_id, maternity_id, adopted_counterpart.
pub fn person_rows(persons: &[Person]) -> Vec<u8> {
    let text = delimited(b',', |writer| {
        for person in persons {
            let counterpart = person.adopted_counterpart.map(person_id).unwrap_or_default();
            writer.write_record([person_id(person.person), format!("M{:09}", person.maternity), counterpart])?;
        }
        Ok(())
    });
    text.into_bytes()
}

/// The header of the persons.
pub const PERSON_HEAD: &[u8] = b"person_id,maternity_id,adopted_counterpart\n";

impl Block {
    /// The records of one source system, by their identifiers, as exports have them.
    pub fn of_source(&self, source: usize) -> Vec<&Record> {
        let mut records: Vec<&Record> = self.records.iter().filter(|record| record.source == source).collect();
        records.sort_by(|a, b| a.get(Column::RecordId).cmp(b.get(Column::RecordId)));
        records
    }
}

fn person_id(person: u64) -> String {
    format!("P{person:09}")
}

fn canonical(columns: &[Column]) -> Vec<(Column, &'static str)> {
    columns.iter().map(|column| (*column, column.name())).collect()
}

/// Delimited text with `\n` after each row. Writing into memory cannot fail, and every field is UTF-8.
fn delimited(delimiter: u8, write: impl FnOnce(&mut Writer<Vec<u8>>) -> csv::Result<()>) -> String {
    let mut writer =
        WriterBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    let written = write(&mut writer).and_then(|()| writer.into_inner().map_err(|e| e.into_error().into()));
    written.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
