//! The tree, and its two readers with limits on size, depth and entities.

use crate::error::Error;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// How much of a message is read before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole message. NEMS allows 3 MB.
    pub bytes: usize,
    /// Elements inside elements.
    pub depth: usize,
    /// Elements in all.
    pub elements: usize,
}

impl Default for Limits {
    /// 3 MB (NEMS publication requirements), 64 deep, 200,000 elements.
    fn default() -> Limits {
        Limits { bytes: 3_000_000, depth: 64, elements: 200_000 }
    }
}

impl Limits {
    /// Whether a message is not too long.
    ///
    /// # Errors
    /// `message/too-large`.
    pub(crate) fn admit(&self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() <= self.bytes {
            return Ok(());
        }
        Err(Error::new(
            "message/too-large",
            format!("the message has {} bytes, more than the {} allowed", bytes.len(), self.bytes),
            "ask the sender to split it, or raise the limit",
        ))
    }
}

/// One element of a resource: a name, a primitive value if it has one, and its children.
///
/// Where the element holds a resource (`resource`, `contained`, or the root) its value is the
/// resource type. Repetitions are children of one name, in the order in which they were written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The element's name: `birthDate`.
    pub name: String,
    /// A primitive's text, or a resource's type.
    pub value: Option<String>,
    /// What it holds.
    pub children: Vec<Element>,
}

impl std::fmt::Debug for Element {
    /// Names only: the values are about a child.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({} children)", self.name, self.children.len())
    }
}

impl Element {
    /// Reads a resource written in XML or JSON; which, the first character tells.
    ///
    /// # Errors
    /// `message/too-large`, `message/too-deep`, `message/entity` (a document type or entity
    /// declaration), `message/encoding`, `message/malformed`.
    pub fn read(bytes: &[u8], limits: Limits) -> Result<Element, Error> {
        limits.admit(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(|fault| {
            Error::new(
                "message/encoding",
                format!("byte {} is not UTF-8", fault.valid_up_to()),
                "ask the sender for UTF-8, as FHIR requires",
            )
        })?;
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') { read_xml(text, limits) } else { read_json(text, limits) }
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every child of this name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first descendant along a path of names: `element.at(&["meta", "lastUpdated"])`.
    pub fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The value at the end of a path, without surrounding white space; `None` if absent or empty.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.value.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The first extension whose URL ends so. The last part is compared since one extension is seen
    /// under several hosts (STU3 NHS, CareConnect, UK Core).
    pub fn extension(&self, url_end: &str) -> Option<&Element> {
        self.all("extension").find(|e| e.text(&["url"]).is_some_and(|url| url.ends_with(url_end)))
    }

    /// Whether a CodeableConcept (this element) has the code, in any of its codings.
    pub fn has_code(&self, code: &str) -> bool {
        self.all("coding").any(|coding| coding.text(&["code"]) == Some(code))
    }
}

fn malformed(message: impl Into<String>) -> Error {
    Error::new("message/malformed", message, "ask the sender for a well-formed message")
}

fn too_deep(limits: Limits) -> Error {
    Error::new(
        "message/too-deep",
        format!("more than {} levels or {} elements", limits.depth, limits.elements),
        "a real message is far smaller; ask the sender what this is",
    )
}

/// Attributes of one element. FHIR knows four, and a few name spaces stand beside them.
const MOST_ATTRIBUTES: usize = 64;

/// Counts what has been read against the limits.
struct Guard {
    limits: Limits,
    elements: usize,
}

impl Guard {
    fn admit(&mut self, depth: usize) -> Result<(), Error> {
        self.elements += 1;
        if depth > self.limits.depth || self.elements > self.limits.elements {
            return Err(too_deep(self.limits));
        }
        Ok(())
    }
}

fn read_xml(text: &str, limits: Limits) -> Result<Element, Error> {
    let mut reader = Reader::from_str(text);
    let mut guard = Guard { limits, elements: 0 };
    let mut open: Vec<Element> = Vec::new();
    // The narrative is XHTML for people, no part of the data: only its depth is followed.
    let mut narrative = 0usize;
    loop {
        // The fault's own words are left out: they can quote the message.
        let event = reader
            .read_event()
            .map_err(|_| malformed(format!("the XML is not well formed near byte {}", reader.error_position())))?;
        match event {
            Event::DocType(_) => {
                return Err(Error::new(
                    "message/entity",
                    "the message declares a document type; FHIR messages have none",
                    "ask the sender to leave it out",
                ));
            }
            Event::Start(start) => {
                guard.admit(open.len() + narrative + 1)?;
                if narrative > 0 || start.local_name().as_ref() == "div" {
                    narrative += 1;
                } else {
                    open.push(xml_element(&start)?);
                }
            }
            Event::Empty(start) => {
                guard.admit(open.len() + narrative + 1)?;
                if narrative == 0
                    && let Some(root) = close(&mut open, xml_element(&start)?)
                {
                    return Ok(root);
                }
            }
            Event::End(_) if narrative > 0 => narrative -= 1,
            Event::End(_) => {
                let element = open.pop().ok_or_else(|| malformed("an end tag stands without its start tag"))?;
                if let Some(root) = close(&mut open, element) {
                    return Ok(root);
                }
            }
            Event::Eof => return Err(malformed("the message ends before its last end tag")),
            _ => {}
        }
    }
}

/// An element with its attributes: `value` is the element's value, any other attribute a child.
fn xml_element(start: &BytesStart<'_>) -> Result<Element, Error> {
    let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
    for (place, attribute) in start.attributes().enumerate() {
        let attribute = attribute.map_err(|_| malformed("an attribute is not well formed"))?;
        // Each is held against all before it, so that many would take long.
        if place >= MOST_ATTRIBUTES {
            return Err(malformed(format!("an element has more than {MOST_ATTRIBUTES} attributes")));
        }
        let name = attribute.key.local_name().as_ref().to_owned();
        if attribute.key.as_ref().starts_with("xmlns") {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::default())
            .map_err(|_| {
                Error::new(
                    "message/entity",
                    "an attribute uses an entity that XML does not define",
                    "ask the sender for plain text",
                )
            })?
            .into_owned();
        if name == "value" {
            element.value = Some(value);
        } else {
            element.children.push(Element { name, value: Some(value), children: Vec::new() });
        }
    }
    Ok(element)
}

/// Hands a finished element to its parent; without a parent it is the root.
fn close(open: &mut [Element], element: Element) -> Option<Element> {
    let Some(parent) = open.last_mut() else {
        return Some(Element { value: Some(element.name.clone()), name: "resource".to_owned(), ..element });
    };
    // <resource><Patient>...: the wrapper becomes the resource, as JSON writes it.
    if matches!(parent.name.as_str(), "resource" | "contained") && parent.value.is_none() {
        parent.value = Some(element.name);
        parent.children.extend(element.children);
    } else {
        parent.children.push(element);
    }
    None
}

fn read_json(text: &str, limits: Limits) -> Result<Element, Error> {
    let value: Value = serde_json::from_str(text).map_err(|fault| {
        // The parser's own limit of 128 levels, which it tells by words alone.
        if fault.to_string().starts_with("recursion limit") {
            return too_deep(limits);
        }
        malformed(format!("the text is neither XML nor JSON: line {}, column {}", fault.line(), fault.column()))
    })?;
    if !value.is_object() {
        return Err(malformed("the JSON is no object"));
    }
    let mut guard = Guard { limits, elements: 0 };
    json_element("resource", value, 1, &mut guard)
}

fn json_element(name: &str, value: Value, depth: usize, guard: &mut Guard) -> Result<Element, Error> {
    guard.admit(depth)?;
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    match value {
        Value::Object(members) => {
            let halves: HashSet<String> =
                members.keys().filter_map(|key| Some(key.strip_prefix('_')?.to_owned())).collect();
            let mut first_half = HashMap::new();
            for (member, value) in members {
                if member == "resourceType" {
                    element.value = value.as_str().map(str::to_owned);
                    continue;
                }
                let name = member.strip_prefix('_').unwrap_or(&member);
                let is_half = halves.contains(name);
                let written = if is_half { first_half.remove(name) } else { None };
                let start = element.children.len();
                json_member(&mut element, name, value, written.unwrap_or_default(), depth, guard)?;
                if is_half {
                    first_half.insert(name.to_owned(), start..element.children.len());
                }
            }
        }
        Value::String(text) => element.value = Some(text),
        Value::Number(number) => element.value = Some(number.to_string()),
        Value::Bool(truth) => element.value = Some(truth.to_string()),
        Value::Null | Value::Array(_) => {}
    }
    Ok(element)
}

/// Adds a member: an array as repetitions. `written` are the places of `birthDate` where this is `_birthDate`, or the
/// other way round: the second of the two joins the first.
fn json_member(
    parent: &mut Element,
    name: &str,
    value: Value,
    written: Range<usize>,
    depth: usize,
    guard: &mut Guard,
) -> Result<(), Error> {
    let values = match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    let mut twins = written;
    for value in values {
        let element = json_element(name, value, depth + 1, guard)?;
        match twins.next().and_then(|at| parent.children.get_mut(at)) {
            Some(twin) => {
                twin.value = twin.value.take().or(element.value);
                twin.children.extend(element.children);
            }
            None => parent.children.push(element),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        Element::read(bytes, Limits::default()).unwrap_err().code
    }

    #[test]
    fn xml_and_json_become_the_same_tree() {
        let xml = br#"<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="x"><p>for &nbsp; people</p><br/></div></text>
            <name><family value="O&apos;Neil"/><given value="A"/><given value="B"/></name>
            <birthDate value="2017-10-02"><extension url="u"><valueDateTime value="t"/></extension></birthDate></Patient>"#;
        let json = br#"{"resourceType":"Patient","text":{},"name":[{"family":"O'Neil","given":["A","B"]}],
            "_birthDate":{"extension":[{"url":"u","valueDateTime":"t"}]},"birthDate":"2017-10-02"}"#;
        let (mut xml, mut json) =
            (Element::read(xml, Limits::default()).unwrap(), Element::read(json, Limits::default()).unwrap());
        for tree in [&mut xml, &mut json] {
            tree.children.sort_by(|a, b| a.name.cmp(&b.name));
        }
        assert!(xml == json);
        assert_eq!(xml.value.as_deref(), Some("Patient"));
        assert_eq!(xml.at(&["name"]).unwrap().all("given").count(), 2);
    }

    #[test]
    fn a_member_and_its_other_half_are_one_whichever_comes_first() {
        // FHIR R4, JSON: `_given` has the extensions of `given`, place by place, null where there is none.
        for text in [
            r#"{"given":["A","B"],"_given":[null,{"id":"x"},{"id":"y"}],"other":1}"#,
            r#"{"_given":[null,{"id":"x"},{"id":"y"}],"other":1,"given":["A","B"]}"#,
        ] {
            let root = Element::read(text.as_bytes(), Limits::default()).unwrap();
            let given: Vec<_> = root.all("given").map(|given| (given.text(&[]), given.text(&["id"]))).collect();
            assert_eq!(given, [(Some("A"), None), (Some("B"), Some("x")), (None, Some("y"))], "{text}");
        }
        // Many members of one object: each is looked for once.
        let many: String = (0..90_000).map(|place| format!(r#""m{place}":1,"_m{place}":{{}},"#)).collect();
        let root = Element::read(format!("{{{many}\"z\":1}}").as_bytes(), Limits::default()).unwrap();
        assert_eq!(root.children.len(), 90_001);
    }

    #[test]
    fn hostile_messages_are_refused_by_name() {
        // The "billion laughs" needs a document type declaration, and gets no further than that.
        assert_eq!(code(b"<!DOCTYPE lolz [<!ENTITY lol \"lol\">]><Bundle/>"), "message/entity");
        assert_eq!(code(b"<Bundle><id value=\"&lol;\"/></Bundle>"), "message/entity");
        assert_eq!(code("<a>".repeat(100).as_bytes()), "message/too-deep");
        assert_eq!(code(format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100)).as_bytes()), "message/too-deep");
        assert_eq!(code("[".repeat(100_000).as_bytes()), "message/too-deep");
        assert_eq!(code(&vec![b' '; 3_000_001]), "message/too-large");
        assert_eq!(code(b"<Bundle><id value=\"\xff\"/></Bundle>"), "message/encoding");
        let attributes: String = (0..100_000).map(|place| format!(" a{place}=\"\"")).collect();
        assert_eq!(code(format!("<Bundle{attributes}/>").as_bytes()), "message/malformed");
        for text in ["", "<Bundle>", "<Bundle></Patient>", "</Bundle>", "{", "[]", "\"x\""] {
            assert_eq!(code(text.as_bytes()), "message/malformed", "{text}");
        }
    }
}
