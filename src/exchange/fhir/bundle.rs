//! A Bundle's entries, found by reference.

use super::Element;
use std::collections::HashMap;

/// A Bundle whose entries can be reached by the references that other entries make.
pub struct Bundle<'a> {
    resources: Vec<&'a Element>,
    by_reference: HashMap<&'a str, &'a Element>,
}

impl<'a> Bundle<'a> {
    /// Indexes the entries of a Bundle by the id at the end of full URL and resource alike. Two published
    /// samples write a full URL without `urn:uuid:`, so each is also found without it.
    pub fn new(bundle: &'a Element) -> Bundle<'a> {
        let mut resources = Vec::new();
        let mut by_reference = HashMap::new();
        for entry in bundle.all("entry") {
            let Some(resource) = entry.child("resource") else { continue };
            resources.push(resource);
            for reference in [entry.text(&["fullUrl"]), resource.text(&["id"])].into_iter().flatten() {
                by_reference.entry(bare(reference)).or_insert(resource);
            }
        }
        Bundle { resources, by_reference }
    }

    /// Every resource of a type, in the order of the entries.
    pub fn of_type<'b>(&'b self, resource_type: &'b str) -> impl Iterator<Item = &'a Element> + 'b {
        self.resources.iter().copied().filter(move |r| r.value.as_deref() == Some(resource_type))
    }

    /// The resource that an element's `reference` names, if it is in the Bundle.
    pub fn resolve(&self, reference: &Element) -> Option<&'a Element> {
        self.by_reference.get(bare(reference.text(&["reference"])?)).copied()
    }

    /// The resource at the end of a path to a reference.
    pub fn follow(&self, from: &Element, path: &[&str]) -> Option<&'a Element> {
        self.resolve(from.at(path)?)
    }
}

/// A reference without its scheme or type: the last part, which is the id.
fn bare(reference: &str) -> &str {
    let reference = reference.strip_prefix("urn:uuid:").unwrap_or(reference);
    reference.rsplit('/').next().unwrap_or(reference)
}
