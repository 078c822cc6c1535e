//! The SQL dialect in which a saved model writes its conditions.

use crate::error::Error;
use sqlparser::dialect as grammar;

/// Whose SQL a model is written in. Values are always compared with DuckDB's semantics; functions of the
/// other dialects whose behaviour no published test proves carry the finding
/// `splink/unverified-function`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// DuckDB: the reference, executed when the tables of cases were made.
    DuckDb,
    /// Apache Spark and Databricks.
    Spark,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// Amazon Athena (Splink 4 only).
    Athena,
}

impl Dialect {
    /// The dialect of this name, as in `sql_dialect`.
    ///
    /// # Errors
    /// `splink/dialect` for any other name.
    pub fn from_name(name: &str) -> Result<Dialect, Error> {
        Ok(match name {
            "duckdb" => Dialect::DuckDb,
            "spark" | "databricks" => Dialect::Spark,
            "postgres" => Dialect::Postgres,
            "sqlite" => Dialect::Sqlite,
            "athena" | "presto" => Dialect::Athena,
            other => {
                return Err(Error::new(
                    "splink/dialect",
                    format!("the model is written in the SQL dialect {other}"),
                    "save the model with a duckdb, spark, postgres, sqlite or athena backend",
                )
                .in_field("sql_dialect"));
            }
        })
    }

    /// The name as Splink writes it.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::DuckDb => "duckdb",
            Dialect::Spark => "spark",
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
            Dialect::Athena => "athena",
        }
    }

    /// Whether string distances count bytes (DuckDB) or characters (all others).
    pub fn counts_bytes(self) -> bool {
        self == Dialect::DuckDb
    }

    /// The index of the first element of a list: Spark counts from 0.
    pub(super) fn first_index(self) -> i64 {
        i64::from(self != Dialect::Spark)
    }

    pub(super) fn grammar(self) -> Box<dyn grammar::Dialect> {
        match self {
            Dialect::DuckDb => Box::new(grammar::DuckDbDialect {}),
            Dialect::Spark => Box::new(grammar::DatabricksDialect {}),
            Dialect::Postgres => Box::new(grammar::PostgreSqlDialect {}),
            Dialect::Sqlite => Box::new(grammar::SQLiteDialect {}),
            Dialect::Athena => Box::new(grammar::GenericDialect {}),
        }
    }
}
