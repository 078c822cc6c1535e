//! Records by every way in: compressed files, columns of Arrow, databases. The same records come to the same bytes.

mod bench;
#[cfg(unix)]
#[path = "postgres/mod.rs"]
mod postgres_of_tests;

use bench::Bench;
use rusqlite::Connection;
use std::fs;
use std::io::Write;
use std::process::{Command, Output};

impl Bench {
    /// A small population and what linking it from plain CSV gives.
    fn linked() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.ok(&["synth", "--children", "300", "--sources", "3", "--seed", "5", "--out", "population"]);
        fs::rename(bench.path("population/records.csv"), bench.path("records.csv")).expect("moved");
        // A row that is set aside must be read a second time.
        let text = bench.text("records.csv") + "lost row\n";
        fs::write(bench.path("records.csv"), text).expect("written");
        bench.ok(&["link", "records.csv", "--model", "model.json", "--out", "plain"]);
        bench
    }

    /// Links these inputs and holds the tables against those of the plain file.
    fn same(&self, inputs: &[&str]) {
        self.ok(&[&["link", "--model", "model.json", "--out", "other"], inputs].concat());
        for name in ["children.csv", "links.csv", "review.csv", "restricted.csv", "model.json"] {
            assert!(self.text(&format!("plain/{name}")) == self.text(&format!("other/{name}")), "{inputs:?}: {name}");
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("in memory");
    packed.finish().expect("in memory")
}

#[test]
fn gzip_and_zstandard_are_read_as_what_they_hold() {
    let bench = Bench::linked();
    let text = bench.text("records.csv");
    fs::write(bench.path("records.csv.gz"), gzip(text.as_bytes())).expect("written");
    fs::write(bench.path("packed.zst"), zstd::encode_all(text.as_bytes(), 3).expect("packed")).expect("written");
    for name in ["records.csv.gz", "packed.zst"] {
        bench.same(&[name]);
        // Rows set aside are read once more, from packed bytes too.
        assert!(bench.text("other/quarantine.csv").contains("row/field-count,lost row"), "{name}");
    }
    // NDJSON, made of the same records.
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let mut lines = String::new();
    for record in reader.records().filter_map(Result::ok) {
        let object: serde_json::Map<String, serde_json::Value> =
            header.iter().zip(&record).map(|(name, value)| (name.to_owned(), value.into())).collect();
        lines += &(serde_json::Value::Object(object).to_string() + "\n");
    }
    fs::write(bench.path("records.ndjson.gz"), gzip(lines.as_bytes())).expect("written");
    bench.same(&["records.ndjson.gz"]);
    // Lists may be packed as well, and a source is not called after a packing.
    fs::write(
        bench.path("decided.csv.gz"),
        gzip(b"source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at\n"),
    )
    .expect("written");
    bench.same(&["records.csv.gz", "--decisions", "decided.csv.gz"]);
    fs::write(bench.path("north.csv.gz"), gzip(b"record_id,birth_date,family_name\n1,2020-01-02,Lee\n"))
        .expect("written");
    bench.ok(&["link", "north.csv.gz", "--model", "model.json", "--out", "north"]);
    assert!(bench.text("north/children.csv").contains("north,1,1"));
}

#[test]
fn packed_bytes_that_break_off_are_an_error() {
    let bench = Bench::linked();
    let packed = gzip(bench.text("records.csv").as_bytes());
    fs::write(bench.path("cut.csv.gz"), &packed[..packed.len() / 2]).expect("written");
    let told = bench.refused(&["link", "cut.csv.gz", "--model", "model.json", "--out", "cut"]);
    assert!(told.contains("input/cannot-read") && told.contains("cut.csv.gz"), "{told}");
    assert!(!bench.path("cut/children.csv").exists(), "nothing half read is linked");
    fs::write(bench.path("columns.gz"), gzip(b"PAR1 and so on")).expect("written");
    assert!(bench.refused(&["check", "columns.gz"]).contains("input/packed-columns"));
}

#[test]
fn arrow_files_and_streams_come_to_the_same() {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use arrow::ipc::writer::{FileWriter, StreamWriter};
    use std::sync::Arc;
    let bench = Bench::linked();
    let text = bench.text("records.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let records: Vec<csv::StringRecord> = reader.records().filter_map(Result::ok).collect();
    let columns = header.iter().enumerate().map(|(place, name)| {
        let values: Vec<Option<&str>> =
            records.iter().map(|r| r.get(place).filter(|value| !value.is_empty())).collect();
        (name, Arc::new(StringArray::from(values)) as ArrayRef)
    });
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let create = |name: &str| fs::File::create(bench.path(name)).expect("a file");
    let mut writer = FileWriter::try_new(create("records.arrow"), &batch.schema()).expect("a writer");
    writer.write(&batch).and_then(|()| writer.finish()).expect("written");
    let mut writer = StreamWriter::try_new(create("records.arrows"), &batch.schema()).expect("a writer");
    writer.write(&batch).and_then(|()| writer.finish()).expect("written");
    for name in ["records.arrow", "records.arrows"] {
        bench.same(&[name]);
        bench.ok(&["explain", "other", &first_pair(&bench).0, &first_pair(&bench).1]);
    }
}

fn first_pair(bench: &Bench) -> (String, String) {
    let links = bench.text("other/links.csv");
    let pair: Vec<&str> = links.lines().nth(1).expect("a link").split(',').collect();
    (format!("{}/{}", pair[0], pair[1]), format!("{}/{}", pair[2], pair[3]))
}

/// The records of each source as a table of a database, with everything as text.
fn sql_of(bench: &Bench) -> (Vec<String>, String) {
    let text = bench.text("records.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let names: Vec<String> = header.iter().map(str::to_owned).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("\"{name}\" text")).collect();
    let mut sql = format!("CREATE TABLE records ({});\n", columns.join(", "));
    for record in reader.records().filter_map(Result::ok) {
        let quoted = |value: &str| match value {
            "" => "NULL".to_owned(),
            value => format!("'{}'", value.replace('\'', "''")),
        };
        let values: Vec<String> = record.iter().map(quoted).collect();
        sql += &format!("INSERT INTO records VALUES ({});\n", values.join(", "));
    }
    (names, sql)
}

/// One `--database` and `--query` for each source of the population, with the name that it has there.
fn queries(bench: &Bench, names: &[String], url: &str) -> Vec<String> {
    let source =
        names.iter().find(|name| name.as_str() == "source" || name.as_str() == "source_system").expect("a source");
    let text = bench.text("records.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let place = reader.headers().expect("a header").iter().position(|name| name == source).expect("the column");
    let mut sources: Vec<String> = reader.records().filter_map(Result::ok).map(|r| r[place].to_owned()).collect();
    sources.sort();
    sources.dedup();
    let of = |name: &String| {
        let query = format!("{name}=SELECT * FROM records WHERE \"{source}\" = '{name}';");
        ["--database".to_owned(), format!("{name}={url}"), "--query".to_owned(), query]
    };
    sources.iter().flat_map(of).collect()
}

#[test]
fn sqlite_is_asked_and_comes_to_the_same() {
    let bench = Bench::linked();
    let (names, sql) = sql_of(&bench);
    let connection = Connection::open(bench.path("chis.db")).expect("a database");
    connection.execute_batch(&format!("BEGIN; {sql} COMMIT;")).expect("filled");
    let arguments = queries(&bench, &names, "sqlite:chis.db");
    bench.same(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    // The run knows its queries: pairs can be explained.
    bench.ok(&["explain", "other", &first_pair(&bench).0, &first_pair(&bench).1]);

    // Numbers and dates of other types are read as text; a query may stand in a file.
    connection
        .execute_batch("CREATE TABLE odd (id INTEGER, dob TEXT, surname TEXT); INSERT INTO odd VALUES (7, '2020-01-02', 'Zoë'), (8, NULL, NULL);")
        .expect("filled");
    fs::write(bench.path("odd.sql"), "SELECT id, dob, surname FROM odd\n;\n").expect("written");
    let told = bench.ok(&["check", "--database", "odd=sqlite:chis.db", "--query", "odd=@odd.sql"]);
    assert!(told.contains("odd"), "{told}");

    // What cannot be asked is refused, each with its reason.
    for (arguments, reason) in [
        (vec!["check", "--database", "a=sqlite:none.db", "--query", "a=SELECT 1"], "database/unreachable"),
        (vec!["check", "--database", "a=sqlite:chis.db", "--query", "a=SELECT * FROM nothing"], "database/query"),
        (vec!["check", "--database", "a=sqlite:chis.db", "--query", "a=DELETE FROM records"], "database/query"),
        (vec!["check", "--database", "a=sqlite:chis.db"], "input/database"),
        (vec!["check", "--query", "a=SELECT 1"], "input/database"),
        (vec!["check", "--database", "a=oracle:x", "--query", "a=SELECT 1"], "database/unknown-kind"),
        (vec!["check", "--database", "sqlite:chis.db", "--query", "a=SELECT 1"], "input/database"),
    ] {
        let told = bench.refused(&arguments);
        assert!(told.contains(reason), "{arguments:?}: {told}");
    }
    let left: i64 = connection.query_row("SELECT count(*) FROM records", [], |row| row.get(0)).expect("a count");
    assert!(left > 0, "nothing is ever changed");
}

#[cfg(unix)]
mod postgres_server {
    use super::postgres_of_tests::{PASSWORD, Server, free_port, path};
    use super::*;

    fn with_password(bench: &Bench, arguments: &[&str], password: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_childlink"));
        command
            .current_dir(bench.folder.path())
            .args(arguments)
            .env("PGPASSWORD", password)
            .output()
            .expect("it starts")
    }

    #[test]
    fn postgresql_is_asked_and_comes_to_the_same() {
        let Some(server) = Server::start_or_skip() else { return };
        let bench = Bench::linked();
        let (names, sql) = sql_of(&bench);
        let password = PASSWORD;
        let mut client =
            postgres::Client::connect(&format!("{}?password={password}", server.url("reader")), postgres::NoTls)
                .expect("the server answers");
        client.batch_execute(&sql).expect("filled");

        let url = server.url("reader");
        let arguments = queries(&bench, &names, &url);
        let mut link: Vec<&str> = vec!["link", "--model", "model.json", "--out", "other"];
        link.extend(arguments.iter().map(String::as_str));
        let output = with_password(&bench, &link, password);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for name in ["children.csv", "links.csv", "review.csv", "restricted.csv", "model.json"] {
            assert!(bench.text(&format!("plain/{name}")) == bench.text(&format!("other/{name}")), "{name}");
        }
        assert!(!bench.text("other/run.json").contains("s3cret"));

        // By its own types, and over the socket; a date is a date whatever the server's habits.
        client
            .batch_execute(
                "ALTER DATABASE postgres SET datestyle = 'German, DMY'; CREATE TABLE typed (id bigint, dob date, surname varchar(35), alive boolean);
                 INSERT INTO typed VALUES (7, '2020-02-13', 'Zoë, \"Z\"', true), (8, NULL, NULL, false);",
            )
            .expect("filled");
        let socket =
            format!("typed=postgresql:///postgres?host={}&port={}&user=reader", path(server.folder()), server.port);
        let ask = [
            "link",
            "--database",
            &socket,
            "--query",
            "typed=SELECT id, dob, surname FROM typed -- all of it",
            "--model",
            "model.json",
            "--out",
            "typed",
        ];
        let output = with_password(&bench, &ask, password);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(bench.text("typed/children.csv"), "source,record_id,child_id\ntyped,7,1\ntyped,8,2\n");

        // What goes wrong is told without a password and without a value of a record.
        client.batch_execute("INSERT INTO typed VALUES (9, NULL, '4010232137', NULL)").expect("filled");
        for (sql, reason, kept_out) in [
            ("SELECT * FROM nothing", "database/query", "s3cret"),
            ("SELECT id, surname::bigint FROM typed", "database/query", "4010232137"),
            ("DELETE FROM typed RETURNING *", "database/query", "s3cret"),
            ("SELECT pg_read_file('none')", "database/query", "s3cret"),
        ] {
            let query = format!("a={sql}");
            let database = format!("a={url}");
            let output = with_password(&bench, &["check", "--database", &database, "--query", &query], password);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{sql}: {told}");
            assert!(told.contains(reason) && !told.contains(kept_out), "{sql}: {told}");
        }
        let database = format!("a={url}");
        let output =
            with_password(&bench, &["check", "--database", &database, "--query", "a=SELECT 1"], "wrong-s3cret");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("database/refused") && !told.contains("s3cret"), "{told}");
        let rows: i64 = client.query_one("SELECT count(*) FROM typed", &[]).expect("a count").get(0);
        assert_eq!(rows, 3, "nothing is ever changed");
    }

    #[test]
    fn a_server_that_is_not_there_is_told_without_the_password() {
        let bench = Bench::empty();
        let database = format!("a=postgresql://reader:s3cret@127.0.0.1:{}/chis", free_port());
        let output = bench.run(&["check", "--database", &database, "--query", "a=SELECT 1"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(told.contains("database/unreachable") && !told.contains("s3cret"), "{told}");
        let far =
            bench.run(&["check", "--database", "a=postgresql://r:s3cret@db.example/chis", "--query", "a=SELECT 1"]);
        let told = String::from_utf8_lossy(&far.stderr);
        assert!(told.contains("database/in-the-clear") && told.contains("ssh") && !told.contains("s3cret"), "{told}");
    }
}
