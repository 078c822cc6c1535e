//! Records straight from PostgreSQL and SQLite, by a connection string and a query.
//!
//! The rows of a query come as delimited text, which the reader of files then reads: one way in for all. They are held
//! in memory, packed, since rows are read more than once and a query may give others the second time. Passwords are in
//! no error, and not in what a run records.

use crate::output::absolute;
use childlink::Error;
use postgres::config::Host;
use postgres::error::SqlState;
use postgres::{Config, NoTls};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use xxhash_rust::xxh64::Xxh64;

/// One query of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// The source that its rows come from.
    pub(crate) name: String,
    /// The database: `postgresql://USER@HOST/NAME` or `sqlite:FILE`.
    url: String,
    /// What to ask.
    sql: String,
    /// The environment variable that holds the password; `None` for `PGPASSWORD`, which need not be set.
    password_env: Option<String>,
}

/// The rows of a query: delimited text with a header.
#[derive(Clone)]
pub(crate) struct QueryRows {
    /// Packed by Zstandard.
    pub(crate) packed: Arc<Vec<u8>>,
    /// Their length before packing.
    pub(crate) bytes: u64,
    /// Tells whether a query gave the same rows, in whatever order.
    pub(crate) checksum: String,
}

impl Query {
    /// A query.
    ///
    /// # Errors
    /// `database/unknown-kind`.
    pub(crate) fn new(name: &str, url: &str, sql: &str) -> Result<Query, Error> {
        let sql = sql.trim().trim_end_matches(';').trim_end().to_owned();
        let query = Query { name: name.to_owned(), url: url.to_owned(), sql, password_env: None };
        if query.sqlite_path().is_none() && !is_postgres(url) {
            return Err(Error::new(
                "database/unknown-kind",
                format!("the database of {name} is neither PostgreSQL nor SQLite"),
                "write postgresql://USER@HOST/NAME or sqlite:FILE",
            )
            .in_field("--database"));
        }
        if query.sql.is_empty() {
            return Err(Error::new(
                "database/no-query",
                format!("the query of {name} is empty"),
                "give --query NAME=SELECT..., or --query NAME=@FILE",
            )
            .in_field("--query"));
        }
        Ok(query)
    }

    /// The same query with its password in this environment variable.
    pub(crate) fn with_password_in(self, variable: Option<String>) -> Query {
        Query { password_env: variable, ..self }
    }

    /// The environment variable that holds the password, if one was named.
    pub(crate) fn password_env(&self) -> Option<&str> {
        self.password_env.as_deref()
    }

    /// The same query as it may be kept: found from any folder, and without a password.
    ///
    /// # Errors
    /// `database/password-kept` if the connection string holds a password.
    pub(crate) fn to_keep(&self) -> Result<Query, Error> {
        if let Some(path) = self.sqlite_path() {
            let url = format!("sqlite:{}", absolute(Path::new(path)).display());
            return Ok(Query { url, ..self.clone() });
        }
        let told = Config::from_str(&self.url).map_err(|_| self.unreadable())?;
        if told.get_password().is_some() || self.public_url() != self.url {
            let what = "has a password in its connection string, which would be kept in the project";
            return Err(self.fault("database/password-kept", what));
        }
        Ok(self.clone())
    }

    /// What was asked.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// The database without a password: what may be shown and kept.
    pub(crate) fn public_url(&self) -> String {
        without_password(&self.url)
    }

    fn sqlite_path(&self) -> Option<&str> {
        let path = self.url.strip_prefix("sqlite:")?;
        Some(path.strip_prefix("//").unwrap_or(path))
    }

    /// Asks, and holds what came: delimited text with a header, packed.
    ///
    /// # Errors
    /// `database/refused`, `database/in-the-clear`, `database/unreachable`, `database/query`, `input/cannot-read`.
    pub(crate) fn rows(&self) -> Result<QueryRows, Error> {
        let cannot_pack = |cause: io::Error| self.fault("database/query", &format!("cannot be held: {cause}"));
        let mut rows = Summed::new(zstd::Encoder::new(Vec::new(), 1).map_err(cannot_pack)?);
        match self.sqlite_path() {
            Some(path) => self.of_sqlite(path, &mut rows)?,
            None => self.of_postgres(&mut rows)?,
        }
        let (bytes, checksum) = (rows.bytes, rows.checksum());
        let packed = rows.out.finish().map(Arc::new).map_err(cannot_pack)?;
        Ok(QueryRows { packed, bytes, checksum })
    }

    fn unreadable(&self) -> Error {
        // The client's own words may quote what it could not read.
        self.fault("database/unreachable", "has a connection string that cannot be read")
    }

    fn fault(&self, code: &'static str, what: &str) -> Error {
        let hint = match code {
            "database/unreachable" => "check host, port and name of the database, and that it runs",
            "database/refused" => {
                "check user and rights; a password is read from PGPASSWORD, and stays out of the command line"
            }
            "database/password-kept" => {
                "leave it out; it is read from PGPASSWORD, or from the variable that --password-env names"
            }
            "database/no-password" => "set the variable in the environment of this process alone",
            "database/in-the-clear" => {
                "forward the port through SSH (ssh -L 5433:localhost:5432 HOST) and name localhost:5433, or use a socket"
            }
            _ => "try the query in the database's own client",
        };
        Error::new(code, format!("the database of {} {what}", self.name), hint).in_field("--database")
    }

    fn of_postgres(&self, out: &mut impl Write) -> Result<(), Error> {
        let mut config = Config::from_str(&self.url).map_err(|_| self.unreadable())?;
        let here = |host: &Host| match host {
            Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let addresses = config.get_hostaddrs();
        if !config.get_hosts().iter().all(here) || !addresses.iter().all(IpAddr::is_loopback) {
            let what = "is on another machine, and records of children are not sent over a network in the clear";
            return Err(self.fault("database/in-the-clear", what));
        }
        match (&self.password_env, config.get_password()) {
            (Some(variable), _) => {
                let password = std::env::var(variable).map_err(|_| {
                    let what = format!("needs the password that {variable} should hold, and it is not set");
                    self.fault("database/no-password", &what)
                })?;
                config.password(password);
            }
            (None, Some(_)) => {}
            (None, None) => {
                if let Ok(password) = std::env::var("PGPASSWORD") {
                    config.password(password);
                }
            }
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        config.application_name("childlink");
        let mut client = config.connect(NoTls).map_err(|cause| self.of_client(&cause, "database/unreachable"))?;
        let query = |cause: postgres::Error| self.of_client(&cause, "database/query");
        // Read only, whatever the query says; dates as YYYY-MM-DD, whatever the server's habits.
        client
            .batch_execute(
                "SET default_transaction_read_only = on; SET DateStyle = 'ISO, YMD'; SET client_encoding = 'UTF8'",
            )
            .map_err(query)?;
        let copy = format!("COPY (\n{}\n) TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')", self.sql);
        let mut rows = client.copy_out(copy.as_str()).map_err(query)?;
        io::copy(&mut rows, out).map_err(|cause| {
            match cause.get_ref().and_then(|c| c.downcast_ref::<postgres::Error>()) {
                Some(cause) => self.of_client(cause, "database/query"),
                None => self.fault("database/query", &format!("stopped answering: {}", cause.kind())),
            }
        })?;
        Ok(())
    }

    /// What the client tells, without values of records or passwords: only faults of the query's own text are quoted.
    fn of_client(&self, cause: &postgres::Error, otherwise: &'static str) -> Error {
        let Some(told) = cause.as_db_error() else {
            return self.fault(otherwise, "cannot be reached, or broke off the connection");
        };
        let state = told.code().code();
        if state.starts_with("28") || *told.code() == SqlState::INSUFFICIENT_PRIVILEGE {
            return self.fault("database/refused", &format!("refused the login or the query (SQLSTATE {state})"));
        }
        if state.starts_with("42") {
            return self.fault("database/query", &format!("refused the query: {} (SQLSTATE {state})", told.message()));
        }
        self.fault(otherwise, &format!("could not answer (SQLSTATE {state})"))
    }

    fn of_sqlite(&self, path: &str, out: &mut impl Write) -> Result<(), Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|_| self.fault("database/unreachable", "is no SQLite file that can be opened"))?;
        let query = |cause: rusqlite::Error| self.fault("database/query", &in_words(&cause));
        let mut statement = connection.prepare(&self.sql).map_err(query)?;
        if !statement.readonly() {
            return Err(self.fault("database/query", "was asked for a change; only reading is done"));
        }
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let full = |cause: csv::Error| self.fault("database/query", &format!("cannot be held: {cause}"));
        let mut sheet = csv::Writer::from_writer(out);
        sheet.write_record(&names).map_err(full)?;
        let mut rows = statement.query([]).map_err(query)?;
        while let Some(row) = rows.next().map_err(query)? {
            for (place, name) in names.iter().enumerate() {
                match row.get_ref(place).map_err(query)? {
                    ValueRef::Null => sheet.write_field("").map_err(full)?,
                    ValueRef::Integer(number) => sheet.write_field(number.to_string()).map_err(full)?,
                    ValueRef::Real(number) => sheet.write_field(number.to_string()).map_err(full)?,
                    ValueRef::Text(text) => sheet.write_field(text).map_err(full)?,
                    ValueRef::Blob(_) => {
                        return Err(self.fault("database/query", &format!("has bytes, not text, in column {name}")));
                    }
                }
            }
            sheet.write_record(None::<&[u8]>).map_err(full)?;
        }
        sheet.flush().map_err(|cause| self.fault("database/query", &format!("cannot be held: {cause}")))
    }
}

/// Rows on their way, summed up so that their order does not count.
struct Summed<W> {
    out: W,
    bytes: u64,
    /// The hash of the header.
    header: Option<u128>,
    /// The sum of the hashes of all other rows.
    sum: u128,
    row: [Xxh64; 2],
    /// Whether a field in quotes has begun: a line within it ends no row.
    is_quoted: bool,
}

impl<W> Summed<W> {
    fn new(out: W) -> Summed<W> {
        Summed { out, bytes: 0, header: None, sum: 0, row: Summed::<W>::fresh(), is_quoted: false }
    }

    fn fresh() -> [Xxh64; 2] {
        [0x6368_696c, 0x6c69_6e6b].map(Xxh64::new)
    }

    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.is_quoted ^= piece.iter().filter(|&&byte| byte == b'"').count() % 2 == 1;
            self.row.iter_mut().for_each(|hash| hash.update(piece));
            if piece.ends_with(b"\n") && !self.is_quoted {
                let [high, low] = std::mem::replace(&mut self.row, Summed::<W>::fresh()).map(|hash| hash.digest());
                let row = u128::from(high) << 64 | u128::from(low);
                match self.header {
                    None => self.header = Some(row),
                    Some(_) => self.sum = self.sum.wrapping_add(row),
                }
            }
        }
        self.bytes += bytes.len() as u64;
    }

    fn checksum(&self) -> String {
        format!("{:032x}{:032x}", self.header.unwrap_or_default(), self.sum)
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.take(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What SQLite tells of a query; it quotes the query's text, never a value of a row.
fn in_words(cause: &rusqlite::Error) -> String {
    match cause {
        rusqlite::Error::SqliteFailure(code, _) => format!("could not answer ({code})"),
        rusqlite::Error::SqlInputError { msg, .. } => format!("refused the query: {msg}"),
        _ => "could not answer".to_owned(),
    }
}

fn is_postgres(url: &str) -> bool {
    ["postgresql://", "postgres://"].iter().any(|kind| url.starts_with(kind))
}

/// A connection string without its password, wherever it stands.
fn without_password(url: &str) -> String {
    let Some((kind, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, options) = rest.split_once('?').map_or((rest, None), |(place, options)| (place, Some(options)));
    // A password may hold an @ of its own: what counts is the last one.
    let place = match place.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => place.to_owned(),
    };
    let kept: Vec<&str> =
        options.into_iter().flat_map(|all| all.split('&')).filter(|option| !option.starts_with("password")).collect();
    let options = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{kind}://{place}{options}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_left_out_wherever_they_stand() {
        for (url, shown) in [
            ("postgresql://reader:s3cret@localhost:5433/chis", "postgresql://reader@localhost:5433/chis"),
            ("postgres://r:p@ss@h/chis?sslmode=disable&password=s3cret", "postgres://r@h/chis?sslmode=disable"),
            ("postgresql:///chis?host=x&password=s3cret", "postgresql:///chis?host=x"),
            ("sqlite:a.db", "sqlite:a.db"),
        ] {
            let query = Query::new("east", url, "select 1;").unwrap();
            assert_eq!(query.public_url(), shown);
            assert_eq!(query.sql(), "select 1");
        }
    }

    #[test]
    fn the_sum_of_rows_does_not_depend_on_their_order_and_tells_every_change() {
        let sum = |text: &str, pieces: usize| {
            let mut summed = Summed::new(Vec::new());
            text.as_bytes().chunks(pieces).for_each(|piece| summed.write_all(piece).unwrap());
            assert_eq!(summed.out, text.as_bytes());
            summed.checksum()
        };
        let rows = "id,name\n1,Lee\n2,\"a \"\"b\"\"\nc\"\n3,Poe\n";
        for pieces in [1, 3, 7, 100] {
            assert_eq!(sum(rows, pieces), sum("id,name\n3,Poe\n2,\"a \"\"b\"\"\nc\"\n1,Lee\n", 5));
        }
        for other in ["id,nom\n1,Lee\n", "id,name\n1,Lee\n1,Lee\n", "id,name\n1,Leo\n", "id,name\n"] {
            assert_ne!(sum(other, 9), sum("id,name\n1,Lee\n", 9), "{other}");
        }
    }

    #[test]
    fn a_query_that_is_kept_has_no_password() {
        for url in [
            "postgresql://reader:s3cret@localhost/chis",
            "postgresql:///chis?host=x&password=s3cret",
            "postgresql:///chis?p%61ssword=s3cret",
        ] {
            let error = Query::new("east", url, "select 1").unwrap().to_keep().unwrap_err();
            assert!(error.code == "database/password-kept" && !error.to_string().contains("s3cret"), "{url}: {error}");
        }
        let query = Query::new("east", "postgresql://reader@localhost/chis", "select 1").unwrap();
        assert_eq!(query.to_keep().unwrap(), query);
        let query = Query::new("east", "sqlite:here.db", "select 1").unwrap().to_keep().unwrap();
        assert!(query.public_url().starts_with("sqlite:"));
    }

    #[test]
    fn another_machine_is_not_asked_in_the_clear() {
        for host in ["db.example", "10.0.0.1", "localhost,db.example"] {
            let query = Query::new("east", &format!("postgresql://r:s3cret@{host}/chis"), "select 1").unwrap();
            let Err(error) = query.rows() else { panic!("{host} was asked") };
            assert_eq!(error.code, "database/in-the-clear", "{host}");
            assert!(!error.to_string().contains("s3cret"));
        }
        assert_eq!(Query::new("e", "mysql://x", "select 1").unwrap_err().code, "database/unknown-kind");
        assert_eq!(Query::new("e", "sqlite:x", " ; ").unwrap_err().code, "database/no-query");
    }
}
