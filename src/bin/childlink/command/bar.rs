//! `childlink bar`: pairs that must never be joined or mentioned, kept as keyed hashes.

use super::Outcome;
use crate::claims::declare;
use crate::lists::{key_path, read_key};
use crate::output::write_file;
use crate::render::{Terminal, count};
use crate::standard::open;
use childlink::Error;
use childlink::exchange::lists::{read_barred_pairs, read_hashes};
use childlink::linkage::barred::BarredHash;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

/// Add pairs to a list of pairs that must never be joined or mentioned
///
/// For adoption, safeguarding and renumbering. The list holds keyed hashes only; its key is made at
/// first use and stands in LIST.key. Whoever has list and key can test whether a pair is on the list:
/// keep the key apart.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  \
    childlink bar pairs.csv --list barred.csv && rm pairs.csv\n  \
    childlink link extracts/*.csv --barred barred.csv --out linked\n\n\
    PAIRS has the columns source_l,record_id_l,source_r,record_id_r. A side whose source is empty is an\n\
    NHS number, in the column record_id: it bars every record that holds the number.")]
pub(crate) struct Args {
    /// Pairs to add, or - for standard input
    #[arg(value_name = "PAIRS")]
    pairs: PathBuf,
    /// The list; made if it is not there
    #[arg(long, value_name = "LIST")]
    list: PathBuf,
}

pub(crate) fn run(args: &Args, terminal: &Terminal) -> Result<Outcome, Error> {
    let (key, mut hashes) = match File::open(&args.list) {
        Ok(list) => (read_key(&args.list)?, read_hashes(list)?.into_iter().collect::<BTreeSet<BarredHash>>()),
        Err(_) => (new_key()?, BTreeSet::new()),
    };
    let before = hashes.len();
    declare([args.list.as_path(), &key_path(&args.list)])?;
    hashes.extend(read_barred_pairs(open(&args.pairs)?, &key)?);
    write_file(&key_path(&args.list), in_hexadecimal(&key).as_bytes())?;
    let mut list = String::from("hash\n");
    hashes.iter().for_each(|hash| list += &in_hexadecimal(hash));
    write_file(&args.list, list.as_bytes())?;
    let added = hashes.len() - before;
    terminal.result(
        || format!("{} pairs added, {} on the list\n", count(added as u64), count(hashes.len() as u64)),
        || json!({"added": added, "pairs": hashes.len()}),
    )?;
    Ok(Outcome::Clean)
}

/// A key for a list that has none yet.
///
/// # Errors
/// `barred/key`.
pub(crate) fn new_key() -> Result<Vec<u8>, Error> {
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).map_err(|cause| {
        Error::new("barred/key", format!("the system gives no random numbers: {cause}"), "try again")
    })?;
    Ok(key)
}

/// Bytes as hexadecimal figures, on a line of their own.
pub(crate) fn in_hexadecimal(bytes: &[u8]) -> String {
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.push('\n');
    text
}
