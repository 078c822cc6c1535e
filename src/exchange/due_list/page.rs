//! A due list as one page to read or print: no script, no picture, nothing fetched.

use crate::date::{Date, PartialDate};
use crate::schedule::due_list::{DueChild, DueItem, Registration};
use std::fmt::Write;

const STYLE: &str = "body{font:1rem/1.45 system-ui,sans-serif;color:#111;background:#fff;margin:1.5rem auto;max-width:70rem;padding:0 1rem}\
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.3rem 0}\
th,td{border:1px solid #767676;padding:.4rem .5rem;text-align:left;vertical-align:top}thead th{background:#e8edee}\
td:not(:last-child),time{white-space:nowrap}ul{margin:0;padding-left:1.1rem}.overdue{font-weight:700}\
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}section+section{break-before:page}}";

/// Where the page stands: the registration whose table is open.
#[derive(Default)]
pub(super) struct State {
    open: Option<Registration>,
}

/// Appends the head of the page.
pub(super) fn begin(out: &mut Vec<u8>, as_at: Date) {
    let day = shown(as_at);
    let head = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Due list, {day}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Due list, {day}</h1>\n\
         <p>Confidential. Holds names and dates of birth of children. Children who are registered with no \
         practice come first.</p>\n"
    );
    out.extend_from_slice(head.as_bytes());
}

impl State {
    /// Appends a child, in a new table if it is registered elsewhere than the one before. Whether anything
    /// is due.
    pub(super) fn child(&mut self, out: &mut Vec<u8>, due: &DueChild<'_, '_>) -> bool {
        if due.items.is_empty() {
            return false;
        }
        let mut text = String::new();
        let registration = due.child.registration();
        if self.open != Some(registration) {
            self.close(&mut text);
            open(&mut text, registration);
            self.open = Some(registration);
        }
        row(&mut text, due);
        out.extend_from_slice(text.as_bytes());
        true
    }

    /// Appends the end of the page.
    pub(super) fn end(&mut self, out: &mut Vec<u8>, children: u64) {
        let mut text = String::new();
        self.close(&mut text);
        let _ = match children {
            0 => writeln!(text, "<p>Nothing is due for any child of this list.</p>"),
            1 => writeln!(text, "<p>1 child is listed.</p>"),
            _ => writeln!(text, "<p>{children} children are listed.</p>"),
        };
        text.push_str("</main>\n</body>\n</html>\n");
        out.extend_from_slice(text.as_bytes());
    }

    fn close(&mut self, text: &mut String) {
        if self.open.take().is_some() {
            text.push_str("</tbody>\n</table>\n</section>\n");
        }
    }
}

fn open(text: &mut String, registration: Registration) {
    let (id, title, caption) = match registration {
        Registration::Unregistered => (
            "unregistered".to_owned(),
            "Registered with no practice".to_owned(),
            "Children whom no practice will invite".to_owned(),
        ),
        Registration::Withheld => (
            "withheld".to_owned(),
            "Location withheld".to_owned(),
            "Children whose address and practice must not be shown".to_owned(),
        ),
        Registration::Practice(practice) => (
            format!("practice-{practice}"),
            format!("Practice {practice}"),
            format!("Children registered with practice {practice}"),
        ),
    };
    let _ = writeln!(
        text,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n<table>\n<caption>{caption}</caption>\n\
         <thead>\n<tr><th scope=\"col\">Child</th><th scope=\"col\">Born</th><th scope=\"col\">NHS number</th>\
         <th scope=\"col\">Postcode</th><th scope=\"col\">Due</th></tr>\n</thead>\n<tbody>"
    );
}

fn row(text: &mut String, due: &DueChild<'_, '_>) {
    let child = &due.child;
    let name = match (child.family_name, child.given_name) {
        ("", "") => "no name recorded".to_owned(),
        (family, "") => escaped(&family.to_uppercase()),
        ("", given) => escaped(given),
        (family, given) => format!("{}, {}", escaped(&family.to_uppercase()), escaped(given)),
    };
    let born = child.birth_date.map_or_else(|| "not known".to_owned(), shown_partial);
    let number = child.nhs_number.map_or_else(|| "none".to_owned(), |number| number.to_string());
    let postcode = match child.postcode() {
        Some(postcode) => postcode.to_string(),
        None if child.sensitive => "withheld".to_owned(),
        None => "none".to_owned(),
    };
    let _ =
        write!(text, "<tr><th scope=\"row\">{name}</th><td>{born}</td><td>{number}</td><td>{postcode}</td><td><ul>");
    for due_item in &due.items {
        let _ = write!(text, "<li>{}</li>", item(due_item));
    }
    text.push_str("</ul></td></tr>\n");
}

/// `6-in-1, dose 2: overdue since 12-Mar-2026`, with the words of the status, never colour alone.
fn item(item: &DueItem<'_>) -> String {
    let mut text = escaped(&item.title);
    if let Some(dose) = item.dose {
        let _ = write!(text, ", dose {dose}");
    }
    if !matches!(item.need.as_str(), "" | "offer") {
        let _ = write!(text, " ({})", item.need.as_str());
    }
    let since = item.due.map(|day| format!(" since {}", time(day))).unwrap_or_default();
    let _ = if item.is_failsafe() {
        write!(text, ": <span class=\"overdue\">failsafe breach, due{since}</span>")
    } else if item.overdue_from.is_some() && item.status.as_str() == "overdue" {
        write!(text, ": <span class=\"overdue\">overdue, due{since}</span>")
    } else {
        write!(text, ": due{since}")
    };
    if let Some(latest) = item.latest {
        let _ = write!(text, ", last day {}", time(latest));
    }
    if item.rule.ends_with("(unconfirmed)") {
        text.push_str(" [rule unconfirmed]");
    }
    text
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day as NHS systems show it: `05-Mar-2026`.
fn shown(date: Date) -> String {
    shown_partial(PartialDate::from(date))
}

/// A day that is not broken at the end of a line.
fn time(date: Date) -> String {
    format!("<time datetime=\"{date}\">{}</time>", shown(date))
}

fn shown_partial(date: PartialDate) -> String {
    let month = date.month().and_then(|month| MONTHS.get(month as usize - 1));
    match (month, date.day()) {
        (Some(month), Some(day)) => format!("{day:02}-{month}-{:04}", date.year()),
        (Some(month), None) => format!("{month}-{:04}", date.year()),
        _ => format!("{:04}", date.year()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
