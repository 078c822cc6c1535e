//! The canonical columns of a record, by which every format and every shell speaks of fields.

/// A canonical column of a child's record.
///
/// The order is the order in which columns are written. Spellings other than [`Column::name`] are
/// recognised from the files in `data/columns/`, never here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "each variant is the column of the same name, documented in docs/columns.md")]
pub enum Column {
    Source,
    RecordId,
    NhsNumber,
    NhsNumberStatus,
    GivenName,
    OtherNames,
    FamilyName,
    PreviousFamilyName,
    Sex,
    BirthDate,
    BirthTime,
    BirthOrder,
    DeathDate,
    Address1,
    Address2,
    Address3,
    Address4,
    Address5,
    Postcode,
    PreviousPostcode,
    Uprn,
    GpPractice,
    MotherNhsNumber,
    MotherGivenName,
    MotherFamilyName,
    MotherBirthDate,
    GestationWeeks,
    Sensitive,
    UpdatedAt,
}

impl Column {
    /// Every column, in order.
    pub const ALL: [Column; 29] = [
        Column::Source,
        Column::RecordId,
        Column::NhsNumber,
        Column::NhsNumberStatus,
        Column::GivenName,
        Column::OtherNames,
        Column::FamilyName,
        Column::PreviousFamilyName,
        Column::Sex,
        Column::BirthDate,
        Column::BirthTime,
        Column::BirthOrder,
        Column::DeathDate,
        Column::Address1,
        Column::Address2,
        Column::Address3,
        Column::Address4,
        Column::Address5,
        Column::Postcode,
        Column::PreviousPostcode,
        Column::Uprn,
        Column::GpPractice,
        Column::MotherNhsNumber,
        Column::MotherGivenName,
        Column::MotherFamilyName,
        Column::MotherBirthDate,
        Column::GestationWeeks,
        Column::Sensitive,
        Column::UpdatedAt,
    ];

    /// How many columns there are.
    pub const COUNT: usize = Column::ALL.len();

    /// Its place in [`Column::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The canonical name, as in a header: `nhs_number`.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Source => "source",
            Column::RecordId => "record_id",
            Column::NhsNumber => "nhs_number",
            Column::NhsNumberStatus => "nhs_number_status",
            Column::GivenName => "given_name",
            Column::OtherNames => "other_names",
            Column::FamilyName => "family_name",
            Column::PreviousFamilyName => "previous_family_name",
            Column::Sex => "sex",
            Column::BirthDate => "birth_date",
            Column::BirthTime => "birth_time",
            Column::BirthOrder => "birth_order",
            Column::DeathDate => "death_date",
            Column::Address1 => "address_1",
            Column::Address2 => "address_2",
            Column::Address3 => "address_3",
            Column::Address4 => "address_4",
            Column::Address5 => "address_5",
            Column::Postcode => "postcode",
            Column::PreviousPostcode => "previous_postcode",
            Column::Uprn => "uprn",
            Column::GpPractice => "gp_practice",
            Column::MotherNhsNumber => "mother_nhs_number",
            Column::MotherGivenName => "mother_given_name",
            Column::MotherFamilyName => "mother_family_name",
            Column::MotherBirthDate => "mother_birth_date",
            Column::GestationWeeks => "gestation_weeks",
            Column::Sensitive => "sensitive",
            Column::UpdatedAt => "updated_at",
        }
    }

    /// The column of this canonical name.
    ///
    /// ```
    /// use childlink::identity::column::Column;
    /// assert_eq!(Column::from_name("birth_date"), Some(Column::BirthDate));
    /// assert_eq!(Column::from_name("dob"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_every_column_in_its_place() {
        for (index, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column.index(), index);
            assert_eq!(Column::from_name(column.name()), Some(column));
        }
    }
}
