//! What inputs are as a run keeps it, so that they can be found and read again and are known to be what they were.

use super::{Inputs, SourceName};
use crate::database::Query;
use crate::digest::{Told, Watch};
use crate::output::{absolute, cannot_read};
use crate::packed::stem;
use crate::run_record::{of_path, path_of};
use childlink::Error;
use childlink::exchange::intake::Records;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::PoisonError;

/// What an earlier run read.
#[derive(Default)]
pub(super) struct Earlier {
    files: BTreeMap<usize, Told>,
    /// By the number of the query.
    queries: BTreeMap<usize, String>,
    /// As what a file was added to a project, by its number, where a project has it.
    slots: BTreeMap<usize, String>,
}

impl Inputs {
    /// The inputs of an earlier run, from [`Inputs::record`].
    ///
    /// # Errors
    /// `input/none`, and those of [`Inputs::new`] and [`Inputs::spell`].
    pub(crate) fn from_record(record: &Value) -> Result<Inputs, Error> {
        let own = |file: &Value| file["column_map"].as_str().map(str::to_owned);
        let list = |name: &str| record[name].as_array().into_iter().flatten();
        let own: Vec<Option<String>> = list("files").chain(list("queries")).map(own).collect();
        let files = list("files").filter_map(|file| {
            let path = path_of(&file["path"])?;
            let source = file["source"].as_str().map(|name| SourceName::Given(name.to_owned()));
            let source = source.unwrap_or_else(|| SourceName::Fallback(stem(&path)));
            Some((path, source))
        });
        let files: Vec<(PathBuf, SourceName)> = files.collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let queries = list("queries").map(|query| {
            let variable = query["password_env"].as_str().map(str::to_owned);
            let kept = Query::new(&text(&query["source"]), &text(&query["database"]), &text(&query["query"]))?;
            Ok::<_, Error>(kept.with_password_in(variable))
        });
        let queries: Vec<Query> = queries.collect::<Result<_, _>>()?;
        if files.is_empty() && queries.is_empty() {
            return Err(Error::new("input/none", "the run names no input", "link again"));
        }
        let keep = record["keep"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        let mut inputs = Inputs::new(files, path_of(&record["columns"]), keep.collect())?;
        inputs = inputs.with_queries(queries);
        for (number, list) in own.into_iter().enumerate() {
            list.map_or(Ok(()), |list| inputs.spell(number, &list))?;
        }
        let told = list("files").enumerate().filter_map(|(number, file)| Some((number, Told::from_json(file)?)));
        let sums = list("queries").enumerate().filter_map(|(n, query)| Some((n, query["rows"].as_str()?.to_owned())));
        inputs.earlier = Earlier { files: told.collect(), queries: sums.collect(), slots: BTreeMap::new() };
        Ok(inputs)
    }

    /// Sees, when a file is read, that it is what was added to a project as `slot`.
    pub(crate) fn expect(&mut self, number: usize, slot: &str, told: Told) {
        self.earlier.files.insert(number, told);
        self.earlier.slots.insert(number, slot.to_owned());
    }

    /// What the inputs are, so that they can be found and read again, with the checksums of those that were read.
    pub(crate) fn record(&self) -> Value {
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let file = |(number, (path, source)): (usize, &(PathBuf, SourceName))| {
            let given = match source {
                SourceName::Given(name) => Some(name),
                SourceName::Fallback(_) => None,
            };
            let mut object = json!({"path": of_path(&absolute(path)), "source": given});
            if let Some(told) = digests.get(&number) {
                object["bytes"] = json!(told.bytes);
                object["xxh64"] = json!(told.xxh64);
            }
            if let Some((list, _)) = self.own.get(&number) {
                object["column_map"] = json!(list);
            }
            object
        };
        let sums = self.row_checksums();
        let query = |(number, (query, _)): (usize, &(Query, SourceName))| {
            let mut object = json!({"source": query.name, "database": query.public_url(), "query": query.sql()});
            if let Some(variable) = query.password_env() {
                object["password_env"] = json!(variable);
            }
            if let Some(rows) = sums.get(number).cloned().flatten() {
                object["rows"] = json!(rows);
            }
            if let Some((list, _)) = self.own.get(&(self.files.len() + number)) {
                object["column_map"] = json!(list);
            }
            object
        };
        json!({
            "files": self.files.iter().enumerate().map(file).collect::<Vec<_>>(),
            "queries": self.queries.iter().enumerate().map(query).collect::<Vec<_>>(),
            "columns": self.columns.as_deref().map(|path| of_path(&absolute(path))),
            "keep": self.keep,
        })
    }

    /// Whether these are the inputs of a run of an earlier version, which kept no checksums.
    pub(crate) fn cannot_tell_changes(&self) -> bool {
        self.earlier.files.is_empty() && !self.files.is_empty()
    }

    /// Takes the checksum of a file that was read to its end; what a reader left unread is read once more.
    pub(super) fn note_digest(&self, number: usize, watch: &Watch) -> Result<(), Error> {
        let (path, _) = &self.files[number];
        let told = watch.lock().unwrap_or_else(PoisonError::into_inner).told();
        let whole = fs::metadata(path).is_ok_and(|about| about.len() == told.bytes);
        let told = if whole { told } else { Told::of_file(path).map_err(|e| cannot_read(path, &e))? };
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(number, told);
        Ok(())
    }

    /// Takes the checksums of all files, for readers that do not.
    ///
    /// # Errors
    /// `input/cannot-read`, `run/inputs-changed`.
    pub(crate) fn take_digests(&self) -> Result<(), Error> {
        self.see_lengths()?;
        (0..self.files.len()).try_for_each(|number| {
            self.note_digest(number, &Watch::default())?;
            self.see_unchanged(number)
        })
    }

    /// Sees that the files are as long as they were, which takes no reading.
    ///
    /// # Errors
    /// `run/inputs-changed`, `project/extract-changed`.
    pub(super) fn see_lengths(&self) -> Result<(), Error> {
        for (number, told) in &self.earlier.files {
            let (path, _) = &self.files[*number];
            if fs::metadata(path).is_ok_and(|about| about.len() != told.bytes) {
                return Err(self.changed_file(*number));
            }
        }
        Ok(())
    }

    /// The error for a file that is not what it was.
    fn changed_file(&self, number: usize) -> Error {
        let path = self.files[number].0.display();
        match self.earlier.slots.get(&number) {
            None => changed(&path.to_string()),
            Some(slot) => Error::new(
                "project/extract-changed",
                format!("{path} is not what it was when it was added as {slot}"),
                "put the file back as it was, or add it again with `childlink project add` and run without --resume",
            ),
        }
    }

    /// Sees that an input is what the earlier run read, if there was one that kept it, or what was added to a project.
    ///
    /// # Errors
    /// `input/cannot-read`, `run/inputs-changed`, `project/extract-changed`.
    pub(super) fn see_unchanged(&self, number: usize) -> Result<(), Error> {
        let Some((path, _)) = self.files.get(number) else {
            let query = number - self.files.len();
            let now = self.row_checksums().into_iter().nth(query).flatten();
            return match (self.earlier.queries.get(&query), now) {
                (Some(then), Some(now)) if *then != now => {
                    Err(changed(&format!("the database of {}", self.names[number])))
                }
                _ => Ok(()),
            };
        };
        let Some(then) = self.earlier.files.get(&number) else { return Ok(()) };
        let known = self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        let now = match known {
            Some(known) => known,
            None => Told::of_file(path).map_err(|e| cannot_read(path, &e))?,
        };
        if now == *then { Ok(()) } else { Err(self.changed_file(number)) }
    }

    /// What to tell of columns to hand on in which no record has anything.
    pub(crate) fn told_of_empty_keeps(&self, records: &Records) -> Vec<String> {
        let table = &records.built.table;
        let is_empty = |place: &usize| {
            (0..table.len() as u32).all(|record| {
                let origin = table.origin(record);
                records.kept.get(usize::from(origin.input)).is_none_or(|kept| kept.get(origin.row, *place).is_empty())
            })
        };
        let empty = (0..self.keep.len()).filter(is_empty);
        empty.map(|place| format!("no record has anything in the column {} (--keep)", self.keep[place])).collect()
    }
}

fn changed(what: &str) -> Error {
    Error::new(
        "run/inputs-changed",
        format!("{what} is not what it was when the run read it"),
        "put it back as it was, or link again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_back_from_what_is_kept_of_them_and_a_change_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "record_id\n1\n").unwrap();
        let inputs = Inputs::new(vec![(path.clone(), SourceName::Given("a".into()))], None, Vec::new()).unwrap();
        assert!(Inputs::from_record(&inputs.record()).unwrap().cannot_tell_changes(), "nothing was read yet");
        inputs.take_digests().unwrap();
        let again = Inputs::from_record(&inputs.record()).unwrap();
        assert!(!again.cannot_tell_changes());
        again.take_digests().unwrap();
        // As long as before, and another length.
        for text in ["record_id\n2\n", "record_id\n1\n2\n"] {
            fs::write(&path, text).unwrap();
            let again = Inputs::from_record(&inputs.record()).unwrap();
            assert_eq!(again.take_digests().unwrap_err().code, "run/inputs-changed", "{text}");
        }
    }
}
