//! From the text of a programme file to a [`Programme`].

use super::case;
use super::model::*;
use super::words::{class, offered};
use super::{Programme, snomed};
use crate::date::Date;
use crate::schedule::Span;
use crate::schedule::care_file::marked;
use crate::schedule::child::Nation;
use crate::schedule::reader::{Fault, NATIONS, Table, read_file};
use crate::schedule::vocabulary::{AntigenSet, Vocabulary};
use std::collections::BTreeMap;

/// Reads a programme file; every fault it has when it has any.
pub(super) fn load(text: &str) -> Result<Programme, Vec<Fault>> {
    read_file(text, "the programme", |root| {
        let mut loader = Loader {
            vocabulary: Vocabulary::default(),
            sources: BTreeMap::new(),
            gates: Vec::new(),
            ages: vec![Span::days(0)],
            had: Vec::new(),
            overdue_after: Span::days(28),
        };
        loader.programme(root)
    })
}

/// The names, ages and facts of the history met so far.
pub(super) struct Loader<'f> {
    pub(super) vocabulary: Vocabulary,
    pub(super) sources: BTreeMap<&'f str, String>,
    pub(super) gates: Vec<(String, Gate)>,
    pub(super) ages: Vec<Span>,
    pub(super) had: Vec<Had>,
    overdue_after: Span,
}

impl<'f> Loader<'f> {
    fn programme(&mut self, root: &Table<'f, '_>) -> Option<Programme> {
        let text = |key| root.needed(key, root.text(key)).map(|text| text.value.to_owned());
        let [id, title, version, _] = ["id", "title", "version", "jurisdiction"].map(text);
        let day = |key| root.needed(key, root.date(key)).map(|day| day.value);
        let (reviewed, covers) = (day("reviewed"), day("covers_births_from"));
        status(root);
        self.overdue_after = root.span("overdue_after").map_or(Span::days(28), |span| span.value);
        let overdue_unconfirmed = root.flag("overdue_unconfirmed");
        self.sources(root);
        let school_years = self.nations(root);
        let counts_as = self.antigens(root);
        self.risk_groups(root);
        let live_pairs = self.live_pairs(root);
        self.gates(root);
        let series_tables = root.tables("series", |index| format!("series {}", index + 1));
        for table in &series_tables {
            if let Some(id) = table.needed("id", table.text("id"))
                && self.vocabulary.add_series(id.value).is_none()
            {
                root.file.fault(id.at, format!("series `{}` is there twice, or is the 33rd", id.value), "rename it");
            }
        }
        let products = self.products(root, &counts_as);
        let series = series_tables.into_iter().map(|table| self.series(table)).collect();
        let cases = case::load_all(root, &self.vocabulary);
        // Only now, so that a fault of the head does not hide those of the body.
        let provenance =
            Provenance { id: id?, title: title?, version: version?, reviewed: reviewed?, covers_births_from: covers? };
        let mut programme = Programme {
            provenance,
            vocabulary: std::mem::take(&mut self.vocabulary),
            products,
            serves: Vec::new(),
            counts_as,
            live_pairs,
            gates: std::mem::take(&mut self.gates).into_iter().map(|(_, gate)| gate).collect(),
            school_years,
            ages: std::mem::take(&mut self.ages),
            had: std::mem::take(&mut self.had),
            series,
            overdue_unconfirmed,
            cases,
        };
        programme.serves = programme.products.iter().map(|product| programme.series_served(product.antigens)).collect();
        Some(programme)
    }

    fn sources(&mut self, root: &Table<'f, '_>) {
        for (name, table) in root.section("source") {
            let title = table.needed("title", table.text("title")).map_or("", |title| title.value);
            let date = table.needed("date", table.text("date")).map_or("", |date| date.value);
            table.text("address");
            self.sources.insert(name, format!("{title}, {date}"));
            table.end();
        }
    }

    fn nations(&mut self, root: &Table<'f, '_>) -> [SchoolYears; 4] {
        let mut years = [SchoolYears { births_from: (9, 1), classes_from: (9, 1), confirmed: false }; 4];
        for (name, table) in root.section("nation") {
            let year = SchoolYears {
                births_from: table
                    .needed("births_from", table.month_day("births_from"))
                    .map_or((9, 1), |day| day.value),
                classes_from: table
                    .needed("classes_from", table.month_day("classes_from"))
                    .map_or((9, 1), |day| day.value),
                confirmed: table.flag("confirmed"),
            };
            table.text("note");
            match Nation::parse(name) {
                Some(nation) => years[nation as usize] = year,
                None => root.file.fault(table.at, format!("`{name}` is no nation"), NATIONS),
            }
            table.end();
        }
        years
    }

    fn antigens(&mut self, root: &Table<'f, '_>) -> Vec<CountsAs> {
        let section = root.section("antigen");
        for (name, table) in &section {
            if self.vocabulary.add_antigen(name).is_none() {
                root.file.fault(table.at, format!("antigen `{name}` is the 33rd"), "the engine holds 32 antigens");
            }
        }
        let mut counts_as = Vec::new();
        for (name, table) in section {
            table.text("title");
            for alias in table.texts("also") {
                if !self.vocabulary.add_antigen_alias(alias.value, name) {
                    root.file.fault(alias.at, format!("`{}` names two antigens", alias.value), "keep one");
                }
            }
            let to = table.date("counts_to").map_or(i32::MAX, |date| date.value.days_since_1970());
            let unconfirmed = self.cite(&table, String::new()).unconfirmed;
            if let Some(other) = table.text("counts_as") {
                let antigen = self.vocabulary.antigen(name).unwrap_or_default();
                counts_as.push(CountsAs { antigen, counts_as: self.antigen(&table, other), to, unconfirmed });
            }
            table.end();
        }
        counts_as
    }

    fn risk_groups(&mut self, root: &Table<'f, '_>) {
        for name in root.text_section("risk_group") {
            if self.vocabulary.add_risk_group(name.value).is_none() {
                root.file.fault(name.at, format!("risk group `{}` is the 33rd", name.value), "the engine holds 32");
            }
        }
    }

    fn live_pairs(&mut self, root: &Table<'f, '_>) -> Vec<LivePair> {
        let mut pairs = Vec::new();
        for table in root.tables("live_pair", |index| format!("live_pair {}", index + 1)) {
            let one = table.needed("one", table.text("one")).map(|name| self.antigen(&table, name));
            let other = table.needed("other", table.text("other")).map(|name| self.antigen(&table, name));
            let gap = table.needed("gap", table.span("gap"));
            let same_day_allowed = table.flag("same_day_allowed");
            self.cite(&table, String::new());
            if let (Some(one), Some(other), Some(gap)) = (one, other, gap) {
                if gap.value.months != 0 {
                    root.file.fault(gap.at, "the gap of a live pair is not in weeks or days", "write 4w");
                }
                pairs.push(LivePair { one, other, gap_days: i32::from(gap.value.days), same_day_allowed });
            }
            table.end();
        }
        pairs
    }

    fn gates(&mut self, root: &Table<'f, '_>) {
        for (place, (name, table)) in root.section("gate").into_iter().enumerate() {
            if place == MOST_GATES {
                root.file.fault(table.at, format!("gate `{name}` is the 9th"), "the engine holds 8 gates");
            }
            let texts = |key| table.texts(key).into_iter().map(|text| text.value.to_owned()).collect();
            let condition = table.needed("condition", table.text("condition")).map_or("", |text| text.value).to_owned();
            let gate = Gate { condition, clear: texts("clear"), stop: texts("stop") };
            self.cite(&table, String::new());
            self.gates.push((name.to_owned(), gate));
            table.end();
        }
    }

    fn products(&mut self, root: &Table<'f, '_>, counts_as: &[CountsAs]) -> Vec<Product> {
        let mut products = Vec::new();
        for (name, table) in root.section("product") {
            table.text("title");
            table.text("period");
            let antigens = self.antigen_set(&table, "antigens");
            if antigens.is_empty() {
                root.file.fault(table.at, format!("product `{name}` has no antigens"), "list its antigens");
            }
            let product = Product {
                // An oral polio vaccine by name counts by its date, which only the dose knows.
                antigens: counts_as
                    .iter()
                    .filter(|rule| rule.to == i32::MAX && antigens.contains_all(rule.antigen))
                    .fold(antigens, |all, rule| all.union(rule.counts_as)),
                own: self.series_set(&table, "series"),
                from_age: self.age(&table, "from_age"),
            };
            if product.own.is_empty() {
                root.file.fault(table.at, format!("product `{name}` is made for no series"), "list its series");
            }
            let id = self.vocabulary.add_product(name);
            for code in table.texts("snomed") {
                if !snomed::is_valid(code.value) {
                    let found = format!("`{}` fails the SNOMED CT check digit", code.value);
                    root.file.fault(code.at, found, "copy the code from its source again");
                } else if id.is_some_and(|id| !self.vocabulary.add_snomed(code.value, id)) {
                    root.file.fault(code.at, format!("`{}` names two products", code.value), "keep one");
                }
            }
            table.texts("snomed_unconfirmed").into_iter().for_each(|code| {
                if let Some(id) = id.filter(|_| snomed::is_valid(code.value)) {
                    self.vocabulary.add_snomed(code.value, id);
                }
            });
            self.cite(&table, String::new());
            products.push(product);
            table.end();
        }
        products
    }

    fn series(&mut self, table: Table<'f, '_>) -> Series {
        let id = table.text("id").map_or("", |id| id.value);
        let table = table.named(format!("series \"{id}\""));
        table.needed("title", table.text("title"));
        let short = table.needed("short", table.text("short")).map_or("", |short| short.value).to_owned();
        let needs = self.antigen_set(&table, "needs");
        if needs.is_empty() {
            table.file.fault(
                table.at,
                format!("series `{id}` needs no antigens"),
                "list the antigens a dose must have",
            );
        }
        let or_needs = |set: AntigenSet| if set.is_empty() { needs } else { set };
        let season = table.tables("season", |_| format!("season of {id}")).into_iter().next().map(|season| {
            let day = |key| season.needed(key, season.month_day(key)).map_or((9, 1), |day| day.value);
            let days = Season { from: day("from"), to: day("to") };
            season.end();
            days
        });
        let tolerance = table.tables("tolerance", |_| format!("tolerance of {id}")).into_iter().next().map(|rule| {
            let days = rule.needed("days", rule.number("days", 0..=31)).map_or(0, |days| days.value as i32);
            let tolerance = Tolerance { days, applies: rule.flag("applies") };
            self.cite(&rule, String::new());
            rule.end();
            tolerance
        });
        let eligibility = self.cite(&table, format!("{id}/eligibility"));
        let name = format!("{id}/complete");
        let complete = Rule { unconfirmed_name: marked(name.clone(), true), name, ..eligibility.clone() };
        let entitled = table
            .tables("who", |index| format!("who {} of series \"{id}\"", index + 1))
            .into_iter()
            .map(|who| self.entitled(who, &eligibility))
            .collect();
        let doses = table
            .tables("dose", |index| format!("dose {} of series \"{id}\"", index + 1))
            .into_iter()
            .map(|dose| self.dose(dose, id, season.is_some()))
            .collect::<Vec<_>>();
        if doses.is_empty() || doses.len() > 32 {
            table.file.fault(table.at, format!("series `{id}` has {} doses", doses.len()), "give it 1 to 32 doses");
        }
        let series = Series {
            short,
            needs,
            not_with: self.antigen_set(&table, "not_with"),
            gap_after: or_needs(self.antigen_set(&table, "gap_after")),
            gives: or_needs(self.antigen_set(&table, "gives")),
            apart_from: self.series_set(&table, "apart_from"),
            entitled,
            doses,
            season,
            tolerance,
            eligibility,
            complete,
        };
        table.end();
        series
    }

    fn entitled(&mut self, table: Table<'f, '_>, series: &Rule) -> Entitled {
        let class = |key| table.text(key).and_then(|name| class(&table, name));
        let classes = match (class("class_from"), class("class_to")) {
            (Some(from), Some(to)) => Some((from, to)),
            (None, None) => None,
            _ => {
                table.file.fault(table.at, format!("{} has one end of the classes", table.what), "give both ends");
                None
            }
        };
        let own = self.cite(&table, series.name.clone());
        let rule = if own.source.is_empty() { Rule { source: series.source.clone(), ..own } } else { own };
        let season = |key, otherwise| table.number(key, 1900..=2200).map_or(otherwise, |year| year.value as i32);
        let entitled = Entitled {
            rule,
            who: self.who(&table),
            seasons: (season("season_from", i32::MIN), season("season_to", i32::MAX)),
            aged: table.numbers("aged", 0..=31).into_iter().fold(0, |set, age| set | 1 << age),
            aged_on: table.month_day("aged_on").map_or((8, 31), |day| day.value),
            classes,
            from_age: self.age(&table, "from_age"),
            before_age: self.age(&table, "before_age"),
        };
        if entitled.seasons.0 > entitled.seasons.1 {
            let found = format!("{} ends before it begins", table.what);
            table.file.fault(table.at, found, "put season_from on or before season_to");
        }
        table.end();
        entitled
    }

    fn dose(&mut self, table: Table<'f, '_>, series: &str, seasonal: bool) -> Dose {
        let id = table.needed("id", table.text("id")).map_or("", |id| id.value);
        let table = table.named(format!("dose \"{series}/{id}\""));
        let rule = self.cite(&table, format!("{series}/{id}"));
        if rule.source.is_empty() {
            table.file.fault(table.at, format!("{} names no source", table.what), "add source and at");
        }
        let gap = table.span("gap").map_or(Span::days(0), |gap| gap.value);
        let recommended = table
            .tables("due", |index| format!("due {} of {series}/{id}", index + 1))
            .into_iter()
            .filter_map(|due| self.recommended(due, gap, seasonal))
            .collect::<Vec<_>>();
        if recommended.is_empty() {
            table.file.fault(table.at, format!("{} is never due", table.what), "add due = { at = \"8w\" }");
        }
        let requires = table.tables("requires", |_| "requires".to_owned()).into_iter().next().and_then(|requires| {
            let (at, fact) = (requires.at, self.counted(&requires, "series"));
            requires.end();
            let Fact::Counted(course, doses) = fact? else { return None };
            // A circle of courses that wait for each other would have no end.
            if self.vocabulary.series(series).is_none_or(|own| course >= own) {
                let found = format!("{} requires a series that does not stand before its own", table.what);
                table.file.fault(at, found, "move the required series up, or require another");
            }
            Some((course, doses))
        });
        let doubtful = table.tables("doubtful", |_| "doubtful".to_owned()).into_iter().next().and_then(|doubt| {
            let age = self.age(&doubt, "before_age");
            let gap = doubt.needed("gap_under", doubt.span("gap_under"));
            doubt.text("note");
            doubt.end();
            Some((age?, gap?.value))
        });
        let between = table.tables("between", |_| "between".to_owned()).into_iter().next().and_then(|days| {
            let between = (days.month_day("from"), days.month_day("to"));
            days.end();
            Some((between.0?.value, between.1?.value))
        });
        let dose = Dose {
            rule,
            who: self.who(&table),
            when: self.when(&table),
            offered: offered(&table),
            recommended,
            from_age: self.age(&table, "from_age").unwrap_or_default(),
            from_age_unconfirmed: table.flag("from_age_unconfirmed"),
            before_age: self.age(&table, "before_age"),
            gap,
            also_needs: self.antigen_set(&table, "also_needs"),
            not_with: self.antigen_set(&table, "not_with"),
            requires,
            ends_series: table.flag("ends_series"),
            overdue_after: table.span("overdue_after").map_or(self.overdue_after, |span| span.value),
            waits_for: table.text("waits_for").and_then(|gate| self.gate(&table, gate)),
            stopped_by: table.text("stopped_by").and_then(|gate| self.gate(&table, gate)),
            doubtful,
            between,
            first_season_only: table.flag("first_season_only"),
            arises_at: self.age(&table, "arises_at"),
        };
        self.check_ages(&table, &dose);
        table.end();
        dose
    }

    fn recommended(&mut self, table: Table<'f, '_>, dose_gap: Span, seasonal: bool) -> Option<Recommended> {
        let at = table.span("at").map(|at| Moment::Age(self.age_index(at.value)));
        let class = table.text("class").and_then(|name| class(&table, name)).map(Moment::Class);
        let season = table.flag("season").then_some(Moment::Season);
        if season.is_some() && !seasonal {
            table.file.fault(table.at, format!("{} is due by season", table.what), "give the series a season");
        }
        let moments: Vec<Moment> = [at, class, season].into_iter().flatten().collect();
        if moments.len() != 1 {
            table.file.fault(table.at, format!("{} has not one time", table.what), "give one of at, class and season");
        }
        let recommended = Recommended {
            who: self.who(&table),
            when: self.when(&table),
            offered: offered(&table),
            at: *moments.first()?,
            gap: table.span("gap").map_or(dose_gap, |gap| gap.value),
            unconfirmed: table.flag("unconfirmed"),
        };
        table.text("note");
        table.end();
        Some(recommended)
    }

    /// A dose must be due at an age at which it may be given.
    fn check_ages(&self, table: &Table<'f, '_>, dose: &Dose) {
        let Some(birth) = Date::from_days_since_1970(0) else { return };
        let day = |age: AgeIndex| self.ages[usize::from(age)].after(birth);
        let from = day(dose.from_age);
        let before = dose.before_age.map(day);
        if before.is_some_and(|before| before <= from) {
            let found = format!("{} is too late before it is early enough", table.what);
            table.file.fault(table.at, found, "put before_age after from_age");
        }
        for recommended in &dose.recommended {
            let Moment::Age(age) = recommended.at else { continue };
            if day(age) < from || before.is_some_and(|before| before <= day(age)) {
                let found = format!("{} is due at an age at which it may not be given", table.what);
                table.file.fault(table.at, found, "put the due age from from_age on and before before_age");
            }
        }
    }
}

fn status(root: &Table<'_, '_>) {
    if let Some(status) = root.needed("status", root.text("status"))
        && !["draft", "current", "superseded"].contains(&status.value)
    {
        let found = format!("`{}` is no status", status.value);
        root.file.fault(status.at, found, "write draft, current or superseded");
    }
}
