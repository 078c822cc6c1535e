//! Bytes from outside, cut, flipped, doubled and mixed up: every reader of them gives an error or findings and never
//! panics, and what was read reconciles with what there is.
#![cfg(feature = "cli")]

use childlink::date::Date;
use childlink::error::Error;
use childlink::exchange::column_map::Spellings;
use childlink::exchange::fhir::{Element, Limits, MatchRequest};
use childlink::exchange::intake::Intake;
use childlink::exchange::message::imms_batch::BatchReader;
use childlink::exchange::message::{kept, read_file};
use childlink::exchange::pds_trace::{Layout, read_answers};
use childlink::exchange::rows::{ReadOptions, Rows, SetAside, SourceName};
use childlink::exchange::{csv, lists, ndjson};
use childlink::identity::column::Column;
use childlink::index::{Change, ChildIndex, JournalEntry, Loader, Whom, frame, unframe};
use childlink::linkage::decisions::Verdict;
use childlink::linkage::model::Model;
use childlink::linkage::splink::SplinkModel;
use childlink::linkage::table::Table;
use childlink::schedule::{Programme, Programmes, schedule_lines};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::OnceLock;

/// One thing that happens to bytes under way.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Flip(Index, u8),
    Remove(Index, u8),
    Repeat(Index, u8),
    Insert(Index, &'static [u8]),
}

/// What readers of text, XML, JSON, HL7 and delimited files take notice of.
static INSERTED: [&[u8]; 16] = [
    b"\"",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    "\u{e9}".as_bytes(),
    b"{",
    b"}",
    b"[",
    b"<",
    b"&",
    b"|",
    b"^",
    b",",
    b"-99999999999999999999",
    b"\xef\xbb\xbf",
];

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<Index>;
    let one = prop_oneof![
        1 => place().prop_map(Damage::Cut),
        3 => (place(), 1u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        2 => (place(), 1u8..).prop_map(|(at, length)| Damage::Remove(at, length)),
        2 => (place(), 1u8..).prop_map(|(at, length)| Damage::Repeat(at, length)),
        3 => (place(), prop::sample::select(&INSERTED[..])).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ];
    prop::collection::vec(one, 1..4)
}

fn damaged(bytes: &[u8], damage: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for one in damage {
        let length = bytes.len();
        let at = |place: &Index| place.index(length + 1);
        let range = |place: &Index, many: u8| at(place)..length.min(at(place) + usize::from(many));
        match one {
            Damage::Cut(place) => bytes.truncate(at(place)),
            Damage::Flip(..) if length == 0 => {}
            Damage::Flip(place, bits) => bytes[place.index(length)] ^= bits,
            Damage::Remove(place, many) => drop(bytes.drain(range(place, *many))),
            Damage::Repeat(place, many) => {
                let range = range(place, *many);
                let again = bytes[range.clone()].to_vec();
                drop(bytes.splice(range.end..range.end, again));
            }
            Damage::Insert(place, more) => drop(bytes.splice(at(place)..at(place), more.iter().copied())),
        }
    }
    bytes
}

/// The same damage in every run, so that a test fails for what has changed and for nothing else.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_130),
        ..ProptestConfig::default()
    }
}

/// An error says what was found and what to do.
fn assert_told(error: &Error) {
    assert!(error.code.contains('/') && !error.message.is_empty() && !error.hint.is_empty(), "{error:?}");
}

/// And no number of ten figures that the bytes hold.
fn assert_well_told(error: &Error, bytes: &[u8]) {
    assert_told(error);
    let told = format!("{error} {}", error.field.as_deref().unwrap_or_default());
    let mut runs = told.split(|letter: char| !letter.is_ascii_digit()).filter(|run| run.len() == 10);
    assert!(runs.all(|run| !bytes.windows(10).any(|window| window == run.as_bytes())), "an identifier is told: {told}");
}

/// The published messages, by file name, and an HL7 message.
fn messages() -> &'static [(String, Vec<u8>)] {
    static MESSAGES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    MESSAGES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages");
        let entries = std::fs::read_dir(folder).expect("the samples").map(|entry| entry.expect("an entry").path());
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut read: Vec<(String, Vec<u8>)> =
            entries.map(|path| (name(&path), std::fs::read(&path).expect("a sample"))).collect();
        read.push(("two.hl7".to_owned(), [HL7, &HL7.replace("A31", "A28").replace("M1", "M2")].concat().into_bytes()));
        read.push(("laboratory.csv".to_owned(), LABORATORY.as_bytes().to_vec()));
        read.retain(|(name, _)| name != "README.md");
        read.sort();
        read
    })
}

const HL7: &str = "MSH|^~\\&|PAS|RR8|CHIS|TAD|20260704164549||ADT^A31^ADT_A05|M1|P|2.4\r\
    PID|1||L77^^^PAS^PI~943 476 5919^^^NHS^NH||O\\T\\Brien^Mia^Rose||20240229|F|||1 High St^^Leeds^^LS17 7DF||||||||||||||2||||\"\"|||01\r\
    PD1|||Practice^^A81001\r";

const LABORATORY: &str = "laboratory,accession,status,reported_at,nhs_number,family_name,birth_date,sample_date,test,outcome\n\
    L1,A7,final,2026-11-03T10:00:00Z,9434765919,Okafor,2026-10-29,2026-11-01,314081000,1\n\
    L1,A7,final,2026-11-03T10:00:00Z,9434765919,Okafor,2026-10-29,2026-11-01,314090007,2\n\
    L1,A8,withdrawn,2026-11-03T10:00:00Z,9990548609,Poe,2026-10-28,2026-11-01,314081000,1\n";

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn broken_messages_are_read_or_refused(which in any::<Index>(), damage in damage()) {
        let (name, whole) = which.get(messages());
        let bytes = damaged(whole, &damage);
        let pieces = read_file(name, &bytes, Limits::default());
        let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
        for piece in &pieces {
            prop_assert!(piece.line.is_none_or(|line| line <= lines));
            match &piece.outcome {
                // What was understood is kept whole, whatever it is.
                Ok(message) => {
                    let again = kept::read(&kept::write(message));
                    prop_assert_eq!(again.as_ref(), Some(message));
                }
                Err(error) => assert_well_told(error, &bytes),
            }
        }
        // Only a file of rows can hold none; nothing else is passed over in silence.
        prop_assert!(!pieces.is_empty() || name.ends_with(".csv"), "{}", name);
    }

    #[test]
    fn rows_of_a_broken_batch_are_understood_or_set_aside(damage in damage()) {
        let (_, whole) = messages().iter().find(|(name, _)| name.starts_with("imms_test-batch")).expect("the batch");
        let bytes = damaged(whole, &damage);
        match BatchReader::new(bytes.as_slice()) {
            Ok(reader) => {
                let rows: Vec<_> = reader.collect();
                let count = ::csv::ReaderBuilder::new().delimiter(b'|').flexible(true).has_headers(false)
                    .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).byte_records().count();
                prop_assert_eq!(rows.len() + 1, count);
                rows.iter().filter_map(|row| row.outcome.as_ref().err()).for_each(|error| assert_well_told(error, &bytes));
            }
            Err(error) => assert_well_told(&error, &bytes),
        }
    }

    #[test]
    fn a_broken_question_is_read_or_refused(damage in damage()) {
        let patient = r#"{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient",
            "identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"}],
            "name":[{"family":"Okafor","given":["Zoë","Rose"]}],"birthDate":"2024-02-29","gender":"female"}},
            {"name":"count","valueInteger":3},{"name":"onlyCertainMatches","valueBoolean":true}]}"#;
        let bytes = damaged(patient.as_bytes(), &damage);
        if let Err(error) = Element::read(&bytes, Limits::default()).and_then(|root| MatchRequest::of(&root)) {
            assert_well_told(&error, &bytes);
        }
    }
}

const RECORDS: &str = "source,record_id,nhs_number,given_name,family_name,sex,birth_date,postcode,birth_order,updated_at,note\n\
    north,1,943 476 5919,Zoë,Okafor,F,2024-02-29,LS17 7DF,1,2026-01-01T10:00:00Z,\n\
    north,2,9990548609,\"Mia, Rose\",\"O'Brien\",2,29/02/2024,LS1 4AP,,,x\n\
    north,3,,\"Two\nlines\",Lee,M,2024-03,,2,2026-01-02,\n\
    east,1,9434765918,Baby,Khan,9,00/00/0000,ZZ99 3CZ,,,\n\
    east,2,4010232137,\"say \"\"Al\"\"\",Poe,U,2019-12-31,W1A 1AA,,,\n\
    east,2,4010232137,Al,Poe,U,2019-12-31,W1A 1AA,,2026-03-01,\n\
    south,,NULL,Dan,Roe,1,1.1.2020,,,,\n\
    south,9,9693632109,Ella,Mottram,F,2019-03-02,TR7 3DH,3,,short\n";

/// The sample as rows of objects.
fn objects() -> String {
    let mut reader = ::csv::Reader::from_reader(RECORDS.as_bytes());
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    rows.map(|row: BTreeMap<String, String>| serde_json::to_string(&row).expect("an object") + "\n").collect()
}

fn with_options<T>(work: impl FnOnce(ReadOptions<'_>) -> T) -> T {
    let source = SourceName::Fallback("all".to_owned());
    let keep = ["note".to_owned()];
    work(ReadOptions { input: 0, source: &source, spellings: Spellings::built_in(), keep: &keep, scratch: None })
}

/// Rows read are rows accepted and rows set aside, and those set aside can be told again, each once.
fn assert_reconciles(
    bytes: &[u8],
    read: Result<Rows, Error>,
    again: impl FnOnce(&[u32], &mut dyn FnMut(SetAside<'_>)) -> Result<(), Error>,
) {
    let rows = match read {
        Ok(rows) => rows,
        // Where a lost line end ran the header into the first row, what stands there is told for the names of columns.
        Err(error) if error.code == "columns/missing" => return assert_told(&error),
        Err(error) => return assert_well_told(&error, bytes),
    };
    let mut intake = Intake::default();
    intake.add("broken", &SourceName::Fallback("all".to_owned()), rows).expect("one input");
    let records = intake.build();
    let (accepted, aside) = (records.built.table.len(), records.quarantined.len());
    assert_eq!(records.reports[0].rows, (accepted + aside) as u64);
    let wanted: Vec<u32> = records.quarantined.iter().map(|row| row.row).collect();
    let mut told = 0;
    again(&wanted, &mut |_| told += 1).expect("what was read can be read again");
    assert_eq!(told, aside);
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn rows_of_a_broken_delimited_file_reconcile(damage in damage(), wide in any::<bool>()) {
        let whole: Vec<u8> = match wide {
            true => RECORDS.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false => RECORDS.as_bytes().to_vec(),
        };
        let bytes = damaged(&[if wide { &b"\xff\xfe"[..] } else { &b""[..] }, &whole[..]].concat(), &damage);
        with_options(|options| {
            let again = |wanted: &[u32], each: &mut dyn FnMut(SetAside<'_>)| {
                csv::read_again(Cursor::new(&bytes), options, wanted, each)
            };
            assert_reconciles(&bytes, csv::read(Cursor::new(&bytes), options, &|_| {}), again);
        });
    }

    #[test]
    fn rows_of_broken_objects_reconcile(damage in damage()) {
        let bytes = damaged(objects().as_bytes(), &damage);
        with_options(|options| {
            let again = |wanted: &[u32], each: &mut dyn FnMut(SetAside<'_>)| {
                ndjson::read_again(bytes.as_slice(), options, wanted, each)
            };
            assert_reconciles(&bytes, ndjson::read(bytes.as_slice(), options, &|_| {}), again);
        });
    }

    #[test]
    fn answers_of_a_broken_response_are_used_or_set_aside(damage in damage()) {
        let row = |n: u32, code: &str, number: &str| {
            let mut fields = vec![String::new(); 34];
            for (place, value) in [(0, format!("r{n}").as_str()), (2, "Okafor"), (3, "Amara"), (5, "2"), (6, "20200304"),
                (13, "LS1 4AP"), (25, code), (26, number), (27, "4"), (28, "97.5")] {
                fields[place] = value.to_owned();
            }
            fields.join(",") + "\n"
        };
        let whole = [row(1, "00", "9434765919"), row(2, "98", "0000000000"), row(3, "90", "9990548609"), row(4, "92", "")];
        let bytes = damaged(whole.concat().as_bytes(), &damage);
        let layout = Layout::built_in().expect("the layout");
        match read_answers(bytes.as_slice(), &layout) {
            Ok((answers, aside)) => {
                let count = ::csv::ReaderBuilder::new().flexible(true).has_headers(false)
                    .from_reader(bytes.as_slice()).byte_records().count();
                prop_assert_eq!(answers.len() + aside.len(), count);
            }
            Err(error) => assert_well_told(&error, &bytes),
        }
    }

    #[test]
    fn broken_lists_are_read_or_refused(damage in damage(), which in 0usize..4) {
        let samples = [
            "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at,reason\nnorth,1,east,2,same,A,2026-01-01,\"x, y\"\n",
            "old_nhs_number,nhs_number\n9434765919,9990548609\n",
            "postcode,area\nLS1 4AP,E08000035\n",
            "whom,child_id,decision,reader,decided_at\n00ff,1,same,A,2026-01-01\n",
        ];
        let bytes = damaged(samples[which].as_bytes(), &damage);
        let list = bytes.as_slice();
        let outcome = match which {
            0 => lists::read_decisions(list).map(drop),
            1 => lists::read_superseded(list).map(drop),
            2 => lists::read_areas(list).map(drop),
            _ => lists::read_rulings(list).map(drop),
        };
        if let Err(error) = outcome {
            assert_well_told(&error, &bytes);
        }
    }

    #[test]
    fn each_broken_line_of_children_has_one_answer(damage in damage()) {
        let whole = r#"{"id":"a","birth_date":"2024-07-01","nation":"scotland","sex":"female","doses":[{"date":"2024-08-26","product":"vaxelis"},{"date":"2024-10","product":{"antigens":["measles"]}}],"as_at":"2026-11-21"}
{"id":2,"birth_date":"2012","death_date":"2013-01","gestation_weeks":30,"risk_groups":["asplenia"],"screens":[{"date":"2012-01-05","kind":"blood-spot","condition":"scid","outcome":"04"}]}
"#;
        let bytes = damaged(whole.as_bytes(), &damage);
        let mut out = Vec::new();
        let as_at = Date::new(2026, 11, 21).expect("a day");
        let counts = schedule_lines(&Programmes::built_in(), &bytes, as_at, &mut out);
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        prop_assert_eq!(counts.lines as usize, lines);
        let answers: Vec<&[u8]> = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        prop_assert_eq!(answers.len(), lines);
        for answer in answers {
            let answer: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
            prop_assert!(answer["findings"].is_array() && answer["forecast"].is_array());
        }
    }
}

/// A snapshot of the sample, each record a child.
fn snapshot() -> &'static [u8] {
    static SNAPSHOT: OnceLock<Vec<u8>> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let rows = with_options(|options| csv::read(Cursor::new(RECORDS.as_bytes()), options, &|_| {}));
        let table = Table::build(rows.expect("the sample").builders).table;
        let children: Vec<u64> = (1..=table.len() as u64).collect();
        ChildIndex::build(&table, &Model::child_health(), &children).expect("a snapshot")
    })
}

/// A journal with a change of each kind.
fn journal() -> Vec<Vec<u8>> {
    let fields = [(Column::FamilyName, "Okafor"), (Column::BirthDate, "2024-02-29"), (Column::Sex, "F")];
    let fields: BTreeMap<Column, String> = fields.map(|(column, text)| (column, text.to_owned())).into();
    let (reader, decided_at) = ("A".to_owned(), "2026-01-01".to_owned());
    let changes = [
        Change::Upsert { entry: 100, child: 50, source: "north".to_owned(), fields },
        Change::Merge { from: 50, into: 1 },
        Change::Split { entries: vec![100], into: 51 },
        Change::Decide { whom: Whom::of("test", &[b"1"]), child: 1, verdict: Verdict::Same, reader, decided_at },
        Change::Remove { entry: 100 },
    ];
    let entries = changes.into_iter().zip(1..).map(|(change, sequence)| JournalEntry { sequence, change }.to_bytes());
    entries.collect()
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn a_broken_snapshot_is_refused(damage in damage(), piece in 1usize..5_000) {
        let bytes = damaged(snapshot(), &damage);
        let mut loader = Loader::default();
        let loaded = bytes.chunks(piece).try_for_each(|piece| loader.push(piece)).and_then(|()| loader.finish());
        match loaded {
            Ok(index) => prop_assert!(bytes == snapshot() && index.stats().records > 0, "damage went unnoticed"),
            Err(error) => {
                prop_assert!(error.code.starts_with("index/") && bytes != snapshot(), "{:?}", error);
                assert_well_told(&error, &bytes);
            }
        }
    }

    #[test]
    fn a_broken_journal_is_replayed_so_far_as_it_is_whole(damage in damage()) {
        let entries = journal();
        let bytes = damaged(&entries.concat(), &damage);
        let mut index = ChildIndex::load(snapshot()).expect("the snapshot");
        match index.replay(&bytes) {
            Ok(replayed) => {
                prop_assert_eq!(replayed.whole_bytes + replayed.torn_bytes, bytes.len());
                prop_assert_eq!(index.applied(), replayed.applied);
            }
            Err(error) => assert_well_told(&error, &bytes),
        }
        prop_assert!(index.applied() <= entries.len() as u64);
    }

    #[test]
    fn an_entry_that_is_whole_and_senseless_is_applied_or_refused(which in any::<Index>(), damage in damage()) {
        let entries = journal();
        let place = which.index(entries.len());
        let content = unframe(&mut entries[place].as_slice()).expect("whole").expect("an entry").to_vec();
        // The checksum agrees: only what the entry says is wrong.
        let broken = frame(&damaged(&content, &damage));
        if let Ok(Some(entry)) = JournalEntry::read(&mut broken.as_slice()) {
            prop_assert_eq!(JournalEntry::read(&mut entry.to_bytes().as_slice()), Ok(Some(entry)));
        }
        let bytes = [&entries[..place].concat()[..], &broken[..], &entries[place + 1..].concat()[..]].concat();
        let mut index = ChildIndex::load(snapshot()).expect("the snapshot");
        if let Err(error) = index.replay(&bytes) {
            assert_well_told(&error, &bytes);
        }
        // Whatever was applied can be packed and loaded again.
        let packed = index.snapshot().expect("a snapshot");
        prop_assert_eq!(ChildIndex::load(&packed).expect("it loads").applied(), index.applied());
    }

    #[test]
    fn broken_models_and_programmes_are_read_or_refused(damage in damage(), which in 0usize..3) {
        let splink = include_str!("data/splink/model.json");
        let programme = include_str!("../data/schedules/uk-immunisation.toml");
        let own = Model::child_health().to_json();
        let bytes = damaged([splink, &own, programme][which].as_bytes(), &damage);
        let text = String::from_utf8_lossy(&bytes);
        match which {
            0 => SplinkModel::read(&text).map(drop).unwrap_or_else(|error| assert_told(&error)),
            1 => Model::from_json(&text).map(drop).unwrap_or_else(|error| assert_told(&error)),
            _ => {
                let lines = text.split('\n').count();
                let faults = Programme::parse(&text).err().unwrap_or_default();
                prop_assert!(faults.iter().all(|fault| fault.line <= lines), "{:?}", faults);
            }
        }
    }
}
