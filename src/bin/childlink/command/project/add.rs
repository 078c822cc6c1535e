//! `childlink project add`.

use super::{ByArgs, Outcome, open_project};
use crate::database::Query;
use crate::input::{Inputs, named_source, queries};
use crate::lists::{in_file, key_path, read_key};
use crate::output::{absolute, cannot_read, write_file};
use crate::packed::stem;
use crate::render::Terminal;
use crate::standard::{open, read_text};
use childlink::Error;
use childlink::exchange::column_map::Spellings;
use childlink::exchange::lists::{read_hashes, read_superseded};
use childlink::exchange::pds_trace::read_traced;
use childlink::exchange::rows::SourceName;
use childlink::project::{DatabaseQuery, Deed, NewExtract, Project, read_flags, read_withdrawn_deaths};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh64::Xxh64;

/// Add extracts and lists
///
/// An extract takes the place of the one that stood for the same source, or for the file of the same name. The files
/// stay where they are; the project keeps their checksums and refuses a file that has changed since. A database is
/// asked anew by every run; its password is kept nowhere.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    childlink project add town.childlink extracts/*.csv\n  \
    childlink project add town.childlink --source northtown=north-may.csv --columns northtown.toml\n  \
    childlink project add town.childlink --database gp=postgresql://reader@localhost/gp --query gp=@children.sql \\\n    \
      --password-env GP_PASSWORD\n  \
    childlink project add town.childlink gp-may.csv --replaces gp-april\n  \
    childlink project add town.childlink --barred barred.csv --superseded merged.csv --flags flags.csv\n  \
    childlink project add town.childlink --drop southtown")]
pub(super) struct Args {
    /// The project
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Files of records that name their sources in a column, or else by their file names
    #[arg(value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// A file whose rows all come from the source NAME; may be given many times
    #[arg(long, value_name = "NAME=FILE")]
    source: Vec<String>,
    /// A database whose rows all come from the source NAME: postgresql://USER@HOST/DB or sqlite:FILE
    #[arg(long, value_name = "NAME=URL")]
    database: Vec<String>,
    /// What to ask the database NAME, as SQL or as @FILE
    #[arg(long, value_name = "NAME=SQL")]
    query: Vec<String>,
    /// The environment variable that holds the password of the databases of this call (default: PGPASSWORD)
    #[arg(long, value_name = "VARIABLE", requires = "database")]
    password_env: Option<String>,
    /// A list of column spellings (TOML) for the files of this call; the project keeps its text
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// The extract whose place the one given INPUT takes, by the name that `status` shows
    #[arg(long, value_name = "NAME")]
    replaces: Option<String>,
    /// Let an extract go, by the name that `status` shows; may be given many times
    #[arg(long, value_name = "NAME")]
    drop: Vec<String>,
    /// Pairs that must never be joined or mentioned, made by `childlink bar` (the key is in FILE.key)
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    barred: Option<PathBuf>,
    /// NHS numbers that were merged into others: old_nhs_number,nhs_number
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    superseded: Option<PathBuf>,
    /// What a national trace told of records, as `childlink trace apply` wrote it
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    traced: Option<PathBuf>,
    /// Records whose date of death was withdrawn: source,record_id, and death_date if another may come
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    withdrawn_deaths: Option<PathBuf>,
    /// Flags to carry as they are: source,record_id,scope,flag
    #[arg(long, value_name = "FILE", help_heading = "Lists")]
    flags: Option<PathBuf>,
    #[command(flatten)]
    by: ByArgs,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let extracts = extracts(args)?;
    let mut project = open_project(&args.file)?;
    if let Some(slot) = &args.replaces
        && !project.extracts()?.iter().any(|extract| extract.told.slot == *slot)
    {
        return Err(Error::new(
            "project/unknown-extract",
            format!("no extract stands for {slot}"),
            "`childlink project status` lists the extracts",
        )
        .in_field("--replaces"));
    }
    let deed = args.by.deed();
    let mut done = Map::new();
    let mut told = |name: &str, number: usize| drop(done.insert(name.to_owned(), json!(number)));
    for slot in &args.drop {
        project.drop_extract(slot, &deed)?;
    }
    if !args.drop.is_empty() {
        told("extracts dropped", args.drop.len());
    }
    if !extracts.is_empty() {
        let (new, replacing) = project.add_extracts(&extracts, &deed)?;
        told("extracts new", new);
        told("extracts replaced", replacing);
        told("extracts known", extracts.len() - new - replacing);
    }
    if let Some(path) = &args.barred {
        told("barred pairs new", add_barred(&mut project, path, &deed)?);
    }
    if let Some(path) = &args.superseded {
        let pairs = in_file(path, read_superseded(open(path)?))?;
        told("superseded numbers new", project.add_superseded(&pairs, &deed)?);
    }
    if let Some(path) = &args.traced {
        let results = in_file(path, read_traced(open(path)?))?;
        let results: Vec<_> = results.into_iter().map(|record| (record, None)).collect();
        let recorded = project.add_traced(&results, &deed)?;
        told("traced results new", if recorded.is_new { recorded.results as usize } else { 0 });
    }
    if let Some(path) = &args.withdrawn_deaths {
        let deaths = in_file(path, read_withdrawn_deaths(open(path)?))?;
        told("withdrawn deaths new", project.add_withdrawn_deaths(&deaths, &deed)?);
    }
    if let Some(path) = &args.flags {
        let flags = in_file(path, read_flags(open(path)?))?;
        told("flags new", project.add_flags(&flags, &deed)?);
    }
    if done.is_empty() {
        return Err(Error::new("input/none", "nothing to add is given", "name a file of records or a list"));
    }
    terminal.result(
        || {
            let lines: String = done.iter().map(|(name, number)| format!("{number} {name}\n")).collect();
            format!("{lines}\nNext: childlink project run {} --out DIR\n", args.file.display())
        },
        || Value::Object(done.iter().map(|(name, number)| (name.replace(' ', "_"), number.clone())).collect()),
    )?;
    Ok(Outcome::Clean)
}

/// The extracts that the arguments name, each looked at.
fn extracts(args: &Args) -> Result<Vec<NewExtract>, Error> {
    let column_map = args.columns.as_deref().map(read_text).transpose()?;
    if let (Some(path), Some(text)) = (&args.columns, &column_map) {
        in_file(path, Spellings::with(text).map(drop))?;
    }
    let mut files: Vec<(String, PathBuf, Option<String>)> = Vec::new();
    for path in &args.inputs {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        files.push((stem, path.clone(), None));
    }
    for pair in &args.source {
        let (name, file) = named_source(pair)?;
        files.push((name.clone(), file, Some(name)));
    }
    if let Some(slot) = &args.replaces {
        match files.as_mut_slice() {
            [only] => only.0.clone_from(slot),
            _ => {
                return Err(Error::new(
                    "project/replaces",
                    "--replaces is for one file at a time",
                    "name the one INPUT that takes the place",
                )
                .in_field("--replaces"));
            }
        }
    }
    let databases = queries(&args.database, &args.query)?;
    let mut slots: Vec<&str> = files.iter().map(|(slot, _, _)| slot.as_str()).collect();
    slots.extend(databases.iter().map(|query| query.name.as_str()));
    slots.sort_unstable();
    if let Some(twice) = slots.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::new(
            "input/same-name",
            format!("two of the files would both stand for {}", twice[0]),
            "name the source of each by --source NAME=FILE, or join the files into one",
        ));
    }
    let file = |(slot, path, given_source): (String, PathBuf, Option<String>)| {
        let source = given_source.clone().map_or_else(|| SourceName::Fallback(stem(&path)), SourceName::Given);
        let mut inputs = Inputs::new(vec![(path.clone(), source)], None, Vec::new())?;
        column_map.as_deref().map_or(Ok(()), |list| inputs.spell(0, list))?;
        inputs.look()?;
        let (bytes, sha256, checksum) = digests(&path)?;
        let path = absolute(&path).to_str().map(str::to_owned).ok_or_else(|| not_unicode(&path))?;
        let column_map = column_map.clone();
        Ok(NewExtract { slot, path, query: None, given_source, column_map, bytes, sha256, checksum })
    };
    let asked = |query: Query| {
        let kept = query.with_password_in(args.password_env.clone()).to_keep()?;
        // Asked once, so that what cannot be asked is told now and not at night.
        let rows = kept.rows()?;
        let password_env = kept.password_env().map(str::to_owned);
        Ok(NewExtract {
            slot: kept.name.clone(),
            path: kept.public_url(),
            query: Some(DatabaseQuery { sql: kept.sql().to_owned(), password_env }),
            given_source: Some(kept.name.clone()),
            column_map: column_map.clone(),
            bytes: rows.bytes,
            sha256: String::new(),
            checksum: rows.checksum,
        })
    };
    files.into_iter().map(file).chain(databases.into_iter().map(asked)).collect()
}

fn not_unicode(path: &Path) -> Error {
    Error::new(
        "project/file-name",
        format!("the name of {} is no Unicode text, and a project could not find the file again", path.display()),
        "rename the file or its folder",
    )
}

/// Length, SHA-256 and XXH64 of a file.
fn digests(path: &Path) -> Result<(u64, String, String), Error> {
    let mut file = File::open(path).map_err(|e| cannot_read(path, &e))?;
    let (mut sha256, mut checksum, mut length) = (Sha256::new(), Xxh64::new(0), 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece).map_err(|e| cannot_read(path, &e))? {
            0 => break,
            read => {
                sha256.update(&piece[..read]);
                checksum.update(&piece[..read]);
                length += read as u64;
            }
        }
    }
    let sha256: String = sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((length, sha256, format!("{:016x}", checksum.digest())))
}

/// Takes the hashes into the project and puts their key beside it.
fn add_barred(project: &mut Project, list: &Path, deed: &Deed) -> Result<usize, Error> {
    let hashes = in_file(list, read_hashes(open(list)?))?;
    let key = read_key(list)?;
    let beside = key_path(project.path());
    if beside.exists() {
        if read_key(project.path())? != key {
            return Err(Error::new(
                "barred/key",
                "the barred pairs of the project were made with another key",
                format!("add the pairs to the list that goes with {}, with `childlink bar`", beside.display()),
            ));
        }
    } else {
        let text = fs::read(key_path(list)).map_err(|e| cannot_read(&key_path(list), &e))?;
        write_file(&beside, &text)?;
    }
    project.add_barred(&hashes, deed)
}
