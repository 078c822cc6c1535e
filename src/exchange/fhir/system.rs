//! The names that FHIR in England gives to systems of identifiers and codes.

/// NHS numbers.
pub(crate) const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
/// Codes of organisations.
pub(crate) const ODS_CODE: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
/// Codes of how confidential a record is.
pub(crate) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// SNOMED CT, the dictionary of medicines and devices included.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
