//! A run of linkage over inputs that a host hands over one by one.

use crate::error::Error;
use crate::exchange::column_map::Spellings;
use crate::exchange::columns::{self, ColumnBuffer};
use crate::exchange::csv;
use crate::exchange::intake::{Intake, Records};
#[cfg(all(feature = "wasm-app", target_arch = "wasm32", target_os = "unknown"))]
use crate::exchange::linked::SensitiveChildren;
use crate::exchange::linked::{self, review_pairs};
use crate::exchange::rows::{ReadOptions, Rows, SetAside, SourceName};
use crate::exchange::sheet::{Sheet, SheetColumn};
use crate::exchange::summary;
use crate::linkage::blocking::LinkKind;
use crate::linkage::estimate::{self, TrainingReport};
use crate::linkage::explain::explain;
use crate::linkage::model::Model;
use crate::linkage::{LinkOptions, Linked, link};
#[cfg(all(feature = "wasm-app", target_arch = "wasm32", target_os = "unknown"))]
use crate::report::{linkage::linkage_page, statistics::Statistics};
use crate::shape::lists::Lists;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// What is to be linked. Files are read through `F`, which the shell brings.
pub(crate) struct Inputs<F> {
    model: Model,
    intake: Intake,
    contents: Vec<(SourceName, Content<F>)>,
    /// What people and earlier runs know.
    pub(crate) lists: Lists,
}

/// What the rows of an input are read from; kept, since rows set aside are read once more.
pub(super) enum Content<F> {
    File(F),
    Columns(TextColumns),
}

/// Columns by name, each with its values one after another and where they begin and end.
#[derive(Default)]
pub(crate) struct TextColumns {
    pub(crate) names: Vec<String>,
    pub(crate) buffers: Vec<(Vec<u8>, Vec<u32>)>,
}

/// How records are linked.
pub(crate) struct RunOptions {
    /// Compare records of different sources only.
    pub(crate) link_only: bool,
    /// Chooses the samples of training.
    pub(crate) seed: u64,
}

impl<F: Read + Seek + Send> Inputs<F> {
    /// No input yet, to be linked by this model (JSON) or the built-in one.
    ///
    /// # Errors
    /// `model/...`
    pub(crate) fn new(model: Option<&str>) -> Result<Inputs<F>, Error> {
        let model = model.map_or_else(|| Ok(Model::child_health()), Model::from_json)?;
        let lists = Lists::default();
        Ok(Inputs { model, intake: Intake::default(), contents: Vec::new(), lists })
    }

    /// Reads a file of delimited text; answers how many rows it has. Its rows come from `source`, or else from
    /// the source that each names, or else from one called as the file is, without its ending.
    ///
    /// # Errors
    /// `csv/...`, `columns/...`, `input/...`
    pub(crate) fn add_file(&mut self, name: &str, source: Option<String>, mut file: F) -> Result<u64, Error> {
        self.add(name, source, |options| Ok((csv::read(&mut file, options, &|_| {})?, Content::File(file))))
    }

    /// Reads columns in memory; answers how many rows they have. Sources are told as for a file.
    ///
    /// # Errors
    /// `argument/offsets`, `columns/...`, `input/...`
    pub(crate) fn add_columns(
        &mut self,
        name: &str,
        source: Option<String>,
        columns: TextColumns,
    ) -> Result<u64, Error> {
        self.add(name, source, |options| {
            Ok((columns::read(&columns.names, &columns.buffers()?, options)?, Content::Columns(columns)))
        })
    }

    /// The number of the next input.
    ///
    /// # Errors
    /// `input/too-many`
    pub(super) fn next_input(&self) -> Result<u16, Error> {
        self.intake.next_input()
    }

    fn add(
        &mut self,
        name: &str,
        source: Option<String>,
        read: impl FnOnce(ReadOptions<'_>) -> Result<(Rows, Content<F>), Error>,
    ) -> Result<u64, Error> {
        self.add_read(name, source_name(name, source), read)
    }

    /// Takes an input that has been read.
    pub(super) fn add_read(
        &mut self,
        name: &str,
        source: SourceName,
        read: impl FnOnce(ReadOptions<'_>) -> Result<(Rows, Content<F>), Error>,
    ) -> Result<u64, Error> {
        let (rows, content) = in_input(name, read(options(self.next_input()?, &source)))?;
        let count = rows.report.rows;
        self.intake.add(name, &source, rows)?;
        self.contents.push((source, content));
        Ok(count)
    }

    /// Builds the table of all records and brings the lists to bear on it.
    ///
    /// # Errors
    /// `list/...` of a list of children of an earlier run.
    pub(crate) fn build(self, options: &RunOptions) -> Result<Run<F>, Error> {
        let Inputs { model, intake, contents, lists } = self;
        let kind = if options.link_only { LinkKind::LinkOnly } else { LinkKind::LinkAndDedupe };
        let mut records = intake.build();
        let with_changes = lists.has_previous();
        let (known, notes) = lists.apply(&mut records.built.table)?;
        let options = LinkOptions { kind, seed: options.seed, skip_training: true, ..known };
        Ok(Run { records, contents, model, options, with_changes, notes, training: None })
    }
}

/// The source of the rows of an input: as given, or else called as the input is, without its ending.
pub(super) fn source_name(name: &str, given: Option<String>) -> SourceName {
    let stem = || Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
    given.map_or_else(|| SourceName::Fallback(stem().into_owned()), SourceName::Given)
}

/// The result, with the name of the input in its error.
pub(super) fn in_input<T>(name: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|mut error| {
        error.message = format!("{name}: {}", error.message);
        error
    })
}

impl TextColumns {
    /// Adds a copy of a column.
    #[cfg(feature = "c-api")]
    pub(crate) fn push(&mut self, name: &str, values: ColumnBuffer<'_>) {
        self.names.push(name.to_owned());
        self.buffers.push(values.to_owned());
    }

    fn buffers(&self) -> Result<Vec<ColumnBuffer<'_>>, Error> {
        self.buffers.iter().map(|(bytes, offsets)| ColumnBuffer::new(bytes, offsets)).collect()
    }
}

pub(super) fn options(input: u16, source: &SourceName) -> ReadOptions<'_> {
    ReadOptions { input, source, spellings: Spellings::built_in(), keep: &[], scratch: None }
}

/// Records in their table, on their way to children. The steps are apart so that a host can tell how far it is,
/// and stop between them: [`Run::train`], [`Run::link`], [`Run::write`].
pub(crate) struct Run<F> {
    records: Records,
    contents: Vec<(SourceName, Content<F>)>,
    model: Model,
    options: LinkOptions,
    with_changes: bool,
    notes: Vec<String>,
    training: Option<TrainingReport>,
}

impl<F: Read + Seek + Send> Run<F> {
    /// Trains the model on the records, unless it has been trained before.
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub(crate) fn train(&mut self) -> Result<(), Error> {
        if self.model.provenance.trained_on_records == 0 {
            let table = &self.records.built.table;
            let (model, report) = estimate::train(table, &self.model, self.options.kind, self.options.seed)?;
            (self.model, self.training) = (model, Some(report));
        }
        Ok(())
    }

    /// Scores the candidate pairs and groups records into children.
    ///
    /// # Errors
    /// Those of a model that does not fit this version.
    pub(crate) fn link(&mut self) -> Result<Linked, Error> {
        let linked = link(&self.records.built.table, &self.model, &self.options)?;
        Ok(Linked { training: self.training.take(), ..linked })
    }

    /// Writes the files of the run.
    ///
    /// # Errors
    /// `input/cannot-read` if an input is gone.
    pub(crate) fn write(&mut self, linked: &Linked) -> Result<LinkageFiles, Error> {
        let table = &self.records.built.table;
        let review: Vec<_> = review_pairs(linked).into_iter().map(|pair| (pair.left, pair.right)).collect();
        let waterfalls = explain(table, &linked.model, &review)?;
        let contents = &mut self.contents;
        let quarantined = self.records.quarantined_text(linked, |input, wanted, take| {
            let (source, content) = &mut contents[input];
            content.read_again(options(input as u16, source), wanted, take)
        })?;
        let summary = summary::of_linkage(self.records.read(), table, linked);
        let mut files = vec![
            ("notes.json", serde_json::to_vec(&self.notes).unwrap_or_default()),
            ("summary.json", format!("{summary:#}\n").into_bytes()),
            ("model.json", linked.model.to_json().into_bytes()),
            ("children.csv", csv_of(&linked::children_columns(), |out| linked::write_children(out, table, linked))?),
            ("links.csv", csv_of(&linked::links_columns(), |out| linked::write_links(out, table, linked))?),
            ("review.csv", {
                csv_of(&linked::review_columns(&[]), |out| {
                    linked::write_review(out, table, linked, &waterfalls, 0, &|_, _| "")
                })?
            }),
            (
                "restricted.csv",
                csv_of(&linked::restricted_columns(), |out| linked::write_restricted(out, table, linked))?,
            ),
            (
                "quarantine.csv",
                csv_of(&linked::quarantine_columns(), |out| linked::write_quarantine(out, quarantined))?,
            ),
        ];
        if self.with_changes {
            let changes = csv_of(&linked::changes_columns(), |out| linked::write_changes(out, table, linked))?;
            files.push(("changes.csv", changes));
        }
        Ok(LinkageFiles(files))
    }

    /// Draws the report of the run, as the command line does; apart, since nobody waits for it to see the results. And
    /// says which children are sensitive, of whom a page must not tell what their whereabouts weigh.
    ///
    /// # Errors
    /// `report/cannot-draw`.
    #[cfg(all(feature = "wasm-app", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn report(&self, linked: &Linked) -> Result<LinkageFiles, Error> {
        let table = &self.records.built.table;
        let summary = summary::of_linkage(self.records.read(), table, linked);
        let statistics = Statistics::of(table, linked);
        let page = linkage_page(&summary, &linked.model, &statistics, "")?;
        let sensitive = SensitiveChildren::of(table, linked).child_ids();
        Ok(LinkageFiles(vec![
            ("statistics.json", statistics.to_json().into_bytes()),
            ("report.html", page.into_bytes()),
            ("sensitive.json", serde_json::to_vec(&sensitive).unwrap_or_default()),
        ]))
    }

    /// The waterfall, as JSON, of a pair of the file `links` as this run weighed it, by the frequencies of all its values.
    /// A record is told by source and record id. What the whereabouts of a sensitive child weigh is withheld, as in
    /// `review`.
    ///
    /// # Errors
    /// `linker/no-pair` if `links` has no such pair.
    #[cfg(all(feature = "wasm-app", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn explain(&self, linked: &Linked, left: [&str; 2], right: [&str; 2]) -> Result<String, Error> {
        let table = &self.records.built.table;
        let [left, right] = [left, right].map(|[source, record_id]| table.find(source, record_id));
        let pair = linked.pairs.iter().find(|pair| (Some(pair.left), Some(pair.right)) == (left, right));
        let no_pair = || Error::new("linker/no-pair", "the run has no such pair", "name a pair of its file of links");
        let pair = pair.ok_or_else(no_pair)?;
        let mut waterfalls = explain(table, &linked.model, &[(pair.left, pair.right)])?;
        if SensitiveChildren::of(table, linked).withhold(linked, pair.left, pair.right) {
            waterfalls.iter_mut().for_each(|waterfall| waterfall.withhold_whereabouts(&linked.model));
        }
        Ok(waterfalls.first().and_then(|waterfall| serde_json::to_string(waterfall).ok()).unwrap_or_default())
    }
}

impl<F: Read + Seek> Content<F> {
    fn read_again(
        &mut self,
        options: ReadOptions<'_>,
        wanted: &[u32],
        take: &mut dyn FnMut(SetAside<'_>),
    ) -> Result<(), Error> {
        match self {
            Content::File(file) => {
                file.seek(SeekFrom::Start(0)).map_err(|cause| {
                    Error::new("input/cannot-read", cause.to_string(), "keep the content until it has been linked")
                })?;
                csv::read_again(file, options, wanted, take)
            }
            Content::Columns(columns) => {
                columns::read_again(&columns.names, &columns.buffers()?, options, wanted, take)
            }
        }
    }
}

fn csv_of(
    columns: &[SheetColumn],
    fill: impl FnOnce(&mut Sheet<Vec<u8>>) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let mut sheet = Sheet::csv(Vec::new(), columns)?;
    fill(&mut sheet)?;
    sheet.finish()
}

/// The files of a run: the bytes that the command line writes under these names; and `notes.json`, what the lists
/// could not be used for, in words.
pub(crate) struct LinkageFiles(Vec<(&'static str, Vec<u8>)>);

impl LinkageFiles {
    /// A file by its name in the folder of a run, handed over once.
    pub(crate) fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        let place = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(place).1)
    }
}
