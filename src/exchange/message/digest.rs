//! The digest of a body in canonical form.

use crate::exchange::fhir::Element;
use sha2::{Digest, Sha256};

/// SHA-256 over names, values and children. Elements of different names are taken in order of their
/// names and repetitions in the order written, so that white space, attribute order, and XML or JSON
/// make no difference while every value does.
pub(super) fn of(element: &Element) -> [u8; 32] {
    let mut hasher = Sha256::new();
    update(&mut hasher, element);
    hasher.finalize().into()
}

fn update(hasher: &mut Sha256, element: &Element) {
    text(hasher, &element.name);
    text(hasher, element.value.as_deref().map(str::trim).unwrap_or_default());
    let mut children: Vec<&Element> = element.children.iter().collect();
    children.sort_by(|a, b| a.name.cmp(&b.name));
    hasher.update((children.len() as u64).to_le_bytes());
    for child in children {
        update(hasher, child);
    }
}

/// Length before content, so that no two trees share their bytes.
fn text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// SHA-256 of a text whose line ends make no difference.
pub(super) fn of_text(text: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for line in text.split(['\r', '\n']).filter(|line| !line.is_empty()) {
        hasher.update((line.len() as u64).to_le_bytes());
        hasher.update(line.as_bytes());
    }
    hasher.finalize().into()
}

/// SHA-256 of bytes as they are.
pub(super) fn of_bytes(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
