//! The parts of a page: text made safe, tables, pictures with their tables.

use super::chart::grouped;

/// The look of every page: readable on paper, at 400 % and without colour.
pub const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;\
color:#212b32;background:#fff}h1{font-size:1.8rem}h2{font-size:1.4rem;margin-top:2.4rem;border-bottom:1px solid #aeb7bd}\
h3{font-size:1.1rem}table{border-collapse:collapse;margin:.8rem 0;width:100%}caption{text-align:left;font-weight:600;\
padding:.2rem 0}th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #d8dde0;vertical-align:top}\
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.note{color:#3f525f}\
.wide{overflow-x:auto}.narrow th,.narrow td{overflow-wrap:anywhere}p{overflow-wrap:anywhere}figure{margin:1rem 0}figcaption{font-weight:600}svg{width:100%;height:auto;max-width:55rem;display:block}\
nav ul{columns:2;padding-left:1.2rem}a{color:#005eb8}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.5rem}\
dt{font-weight:600}dd{margin:0}details summary{cursor:pointer}\
@media print{body{margin:0;max-width:none;font-size:12px}h2{break-after:avoid}figure,tr{break-inside:avoid}nav{display:none}}";

/// A table under way: headings, then rows of text, which is made safe here.
#[derive(Clone, Debug, Default)]
pub struct HtmlTable {
    caption: String,
    headings: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

impl HtmlTable {
    /// A table of these headings. One that begins with `#` is of figures, which stand to the right.
    pub fn new(caption: &str, headings: &[&str]) -> HtmlTable {
        let heading = |text: &&str| (text.trim_start_matches('#').to_owned(), text.starts_with('#'));
        HtmlTable { caption: caption.to_owned(), headings: headings.iter().map(heading).collect(), rows: Vec::new() }
    }

    /// Adds a row of cells.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table; the first cell of a row names it.
    pub fn html(&self) -> String {
        let class = |column: usize| match self.headings.get(column) {
            Some((_, true)) => " class=\"n\"",
            _ => "",
        };
        // Tables of many columns scroll sideways in a narrow window, and must then be reached by keyboard; those of few
        // break their words instead.
        let mut page = match self.headings.len() {
            0..=3 => String::from("<div><table class=\"narrow\">\n"),
            _ => format!(
                "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table: {}\"><table>\n",
                escaped(&self.headings.iter().map(|(heading, _)| heading.as_str()).collect::<Vec<_>>().join(", "))
            ),
        };
        if !self.caption.is_empty() {
            page += &format!("<caption>{}</caption>\n", escaped(&self.caption));
        }
        page += "<thead><tr>";
        for (column, (heading, _)) in self.headings.iter().enumerate() {
            page += &format!("<th scope=\"col\"{}>{}</th>", class(column), escaped(heading));
        }
        page += "</tr></thead>\n<tbody>\n";
        for row in &self.rows {
            page += "<tr>";
            for (column, cell) in row.iter().enumerate() {
                page += &match column {
                    0 => format!("<th scope=\"row\"{}>{}</th>", class(column), escaped(cell)),
                    _ => format!("<td{}>{}</td>", class(column), escaped(cell)),
                };
            }
            page += "</tr>\n";
        }
        page + "</tbody>\n</table></div>\n"
    }
}

/// A picture with the table of its figures: everything that is drawn can be read.
pub fn figure(title: &str, svg: &str, table: &HtmlTable) -> String {
    format!("<figure>\n<figcaption>{}</figcaption>\n{svg}\n{}</figure>\n", escaped(title), table.html())
}

/// A whole page. `sections` are their headings and what stands below each; a list of them stands in front.
pub fn page(title: &str, lead: &str, sections: &[(&str, String)]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{0}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n{lead}",
        escaped(title)
    );
    if sections.len() > 2 {
        page += "<nav aria-label=\"Sections\"><ul>\n";
        for (heading, _) in sections {
            page += &format!("<li><a href=\"#{}\">{}</a></li>\n", anchor(heading), escaped(heading));
        }
        page += "</ul></nav>\n";
    }
    for (heading, content) in sections {
        page += &format!("<section>\n<h2 id=\"{}\">{}</h2>\n{content}</section>\n", anchor(heading), escaped(heading));
    }
    page + "</main>\n</body>\n</html>\n"
}

fn anchor(heading: &str) -> String {
    heading.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Text made safe for HTML: names of sources, files and columns come from outside.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A count with a comma at each thousand.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A share of a whole in per cent, with one figure after the point; nothing of nothing is a dash.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_made_safe() {
        let mut table = HtmlTable::new("<b>", &["Source", "#Rows"]);
        table.row(["<script>", "1"]);
        let page = page("A & B", "", &[("One", table.html())]);
        assert!(!page.contains("<script>") && !page.contains("<b>") && page.contains("A &amp; B"), "{page}");
        assert!(page.contains("<th scope=\"row\">&lt;script&gt;</th><td class=\"n\">1</td>"));
    }

    #[test]
    fn shares_of_nothing_are_no_numbers() {
        assert_eq!((percent(1, 0), percent(1, 8), count(1_234_567)), ("–".into(), "12.5 %".into(), "1,234,567".into()));
    }
}
