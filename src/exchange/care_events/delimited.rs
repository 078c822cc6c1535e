//! Events in delimited text of any form that [`csv`](crate::exchange::csv) reads.

use super::{Columns, EventReport, EventSink, Events, hand_over};
use crate::error::{Code, Error};
use crate::exchange::csv::record::Record;
use crate::exchange::csv::{Chunk, Form, MAX_BEGINNING, Row, Splitter};
use crate::exchange::rows::{FIELD_COUNT, HEADER_REPEATED, UNBALANCED_QUOTE, UNDECODABLE};
use std::io::Read;

/// Reads a file of events.
///
/// # Errors
/// `events/column-missing`; `input/cannot-read`; those of [`Form::detect`] and of the [`Splitter`].
pub fn read(mut file: impl Read, events: Events, mut sink: impl EventSink) -> Result<EventReport, Error> {
    let mut beginning = Vec::new();
    file.by_ref().take(MAX_BEGINNING as u64).read_to_end(&mut beginning).map_err(cannot_read)?;
    let form = Form::detect(&beginning)?;
    let columns = Columns::find(events, &form.header)?;
    let mut splitter = Splitter::new(&form);
    splitter.push(&beginning);
    drop(beginning);
    let mut report = EventReport::default();
    let mut reader = RowReader { form: &form, columns: &columns, events, text: String::new(), ends: Vec::new() };
    loop {
        while let Some(chunk) = splitter.split()? {
            reader.chunk(&chunk, &mut report, &mut sink);
        }
        if splitter.fill(&mut file, BLOCK).map_err(cannot_read)? == 0 {
            break;
        }
    }
    if let Some(chunk) = splitter.finish()? {
        reader.chunk(&chunk, &mut report, &mut sink);
    }
    Ok(report)
}

/// How much is read at a time, in bytes.
const BLOCK: usize = 1 << 22;

fn cannot_read(cause: std::io::Error) -> Error {
    Error::new(
        "input/cannot-read",
        format!("the file cannot be read: {cause}"),
        "check that the file is whole and the disk sound",
    )
}

struct RowReader<'f> {
    form: &'f Form,
    columns: &'f Columns,
    events: Events,
    text: String,
    ends: Vec<usize>,
}

impl RowReader<'_> {
    fn chunk(&mut self, chunk: &Chunk, report: &mut EventReport, sink: &mut impl EventSink) {
        chunk.for_each_row(self.form, |row| {
            report.rows += 1;
            let (lines, outcome) = match row {
                Row::Unbalanced(_, lines, _) => (lines, Err(&UNBALANCED_QUOTE)),
                Row::Record(record) => (record.lines_before, self.row(record, sink)),
            };
            if let Err(reason) = outcome {
                // Line 1 is the header.
                report.aside.push((chunk.lines_before + lines + 1, reason));
            }
        });
    }

    fn row(&mut self, record: &Record<'_>, sink: &mut impl EventSink) -> Result<(), &'static Code> {
        if record.field_count() != self.form.header.len() {
            return Err(&FIELD_COUNT);
        }
        if self.form.is_header(record) {
            return Err(&HEADER_REPEATED);
        }
        self.text.clear();
        self.ends.clear();
        for place in 0..record.field_count() {
            self.form.encoding.decode_into(record.get(place), &mut self.text).ok_or(&UNDECODABLE)?;
            self.ends.push(self.text.len());
        }
        let field = |place: usize| {
            let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.text[start..self.ends[place]]
        };
        hand_over(self.events, self.columns, field, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::PartialDate;
    use crate::exchange::care_events::{Event, UNKNOWN_RECORD};

    fn doses(text: &str) -> (Vec<String>, EventReport) {
        let mut seen = Vec::new();
        let report = read(text.as_bytes(), Events::Doses, |source, record_id, event| {
            seen.push(format!("{source}/{record_id} {event:?}"));
            if record_id == "stranger" { Err(&UNKNOWN_RECORD) } else { Ok(()) }
        });
        (seen, report.unwrap())
    }

    #[test]
    fn doses_are_read_in_any_form_and_bad_rows_set_aside() {
        let (seen, report) = doses(
            "record_id;source;given;date;product\n7;north;;2026-03-02;vaxelis\n7;north;no;02/04/2026;rotarix\n\
             ;north;;2026-03-02;vaxelis\n7;north;;soon;vaxelis\n7;north;maybe;2026;vaxelis\n7;north;;2026;\n\
             stranger;north;;2026-05;bexsero\n7;north;;2026-03-02\nrecord_id;source;given;date;product\n",
        );
        let date = |text| PartialDate::parse(text).unwrap();
        let dose = |date, product, given| Event::Dose { date, product, snomed: "", given };
        let expected = [
            format!("north/7 {:?}", dose(date("2026-03-02"), "vaxelis", true)),
            format!("north/7 {:?}", dose(date("2026-04-02"), "rotarix", false)),
            format!("north/stranger {:?}", dose(date("2026-05"), "bexsero", true)),
        ];
        assert_eq!(seen, expected);
        assert_eq!(report.rows, 9);
        let aside: Vec<(u64, &str)> = report.aside.iter().map(|(line, code)| (*line, code.id)).collect();
        let expected = [
            (4, "row/no-record-id"),
            (5, "event/date"),
            (6, "event/given"),
            (7, "event/product"),
            (8, "event/unknown-record"),
            (9, "row/field-count"),
            (10, "row/header-repeated"),
        ];
        assert_eq!(aside, expected);
    }

    #[test]
    fn other_files_say_what_was_done() {
        let mut seen = Vec::new();
        let text = "source,record_id,date,kind,route\nn,1,2026-06-11,new-birth-visit,\nn,1,2026-06-01,vitamin-k,oral\n";
        read(text.as_bytes(), Events::Reviews, |_, _, event| {
            seen.push(format!("{event:?}"));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            seen,
            [
                "Review { date: 2026-06-11, kind: \"new-birth-visit\" }",
                "VitaminK { date: 2026-06-01, route: \"oral\" }"
            ]
        );
        let screens = "record_id,date,kind,outcome\n1,2026-06-11,hearing,clear-response\n";
        let mut count = 0;
        let report = read(screens.as_bytes(), Events::Screens, |source, _, event| {
            count += 1;
            assert!(matches!(event, Event::Screen { condition: "", outcome: "clear-response", .. }));
            if source.is_empty() { Ok(()) } else { Err(&UNKNOWN_RECORD) }
        });
        assert_eq!((count, report.unwrap().aside.len()), (1, 0));
    }

    #[test]
    fn a_missing_column_is_named() {
        let fault = |text: &str, events| read(text.as_bytes(), events, |_, _, _| Ok(())).unwrap_err();
        let error = fault("source,record_id,date\n", Events::Doses);
        assert_eq!((error.code, error.field.as_deref()), ("events/column-missing", Some("product")));
        assert_eq!(fault("source,record_id,date,kind\n", Events::Screens).field.as_deref(), Some("outcome"));
        assert_eq!(fault("source,id,risk_group\n", Events::RiskGroups).field.as_deref(), Some("record_id"));
    }
}
