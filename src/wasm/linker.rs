//! Inputs on their way to children.

use super::error::Thrown;
use crate::error::Error;
use crate::exchange::csv::Share;
use crate::linkage::Linked;
use crate::shape::linkage::{Inputs, LinkageFiles, Run, RunOptions, TextColumns};
use crate::shape::shared_file::{self, SharedFile};
use js_sys::{Function, Uint8Array, Uint32Array};
use send_wrapper::SendWrapper;
use std::io::{self, Read, Seek, SeekFrom};
use wasm_bindgen::prelude::*;

/// The inputs of a run.
#[wasm_bindgen]
pub struct LinkerInputs {
    inputs: Inputs<JsFile>,
    shared: Option<SharedFile<JsFile>>,
}

#[wasm_bindgen]
impl LinkerInputs {
    /// No input yet, to be linked by this model or the built-in one.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Option<String>) -> Result<LinkerInputs, Thrown> {
        Ok(LinkerInputs { inputs: Inputs::new(model.as_deref())?, shared: None })
    }

    /// Reads a file of so many bytes, of which `read(offset, length)` gives a part; answers how many rows it has.
    #[wasm_bindgen(js_name = addFile)]
    pub fn add_file(&mut self, name: &str, source: Option<String>, size: f64, read: Function) -> Result<f64, Thrown> {
        Ok(self.inputs.add_file(name, source, JsFile::new(size, read))? as f64)
    }

    /// Reads a share of a file here: every `of`-th chunk from number `place` on.
    #[wasm_bindgen(js_name = beginFile)]
    pub fn begin_file(
        &mut self,
        name: &str,
        source: Option<String>,
        size: f64,
        read: Function,
        place: usize,
        of: usize,
    ) -> Result<(), Thrown> {
        let (file, share) = (JsFile::new(size, read), Share { place, of });
        self.shared = Some(SharedFile::begin(&self.inputs, name, source, file, share)?);
        Ok(())
    }

    /// Takes a chunk of the file begun that `readShare` gave elsewhere.
    #[wasm_bindgen(js_name = takePart)]
    pub fn take_part(&mut self, part: &[u8]) -> Result<(), Thrown> {
        Ok(self.shared.as_mut().ok_or_else(no_file)?.take(part)?)
    }

    /// Makes one input of the file begun; answers how many rows it has.
    #[wasm_bindgen(js_name = finishFile)]
    pub fn finish_file(&mut self) -> Result<f64, Thrown> {
        Ok(self.shared.take().ok_or_else(no_file)?.finish(&mut self.inputs)? as f64)
    }

    /// Takes what people decided.
    pub fn decisions(&mut self, list: &[u8]) -> Result<(), Thrown> {
        Ok(self.inputs.lists.decisions(list)?)
    }

    /// Takes NHS numbers that were merged into others.
    pub fn superseded(&mut self, list: &[u8]) -> Result<(), Thrown> {
        Ok(self.inputs.lists.superseded(list)?)
    }

    /// Takes pairs that must never be joined or mentioned, and the text of their key.
    pub fn barred(&mut self, list: &[u8], key: &str) -> Result<(), Thrown> {
        Ok(self.inputs.lists.barred(list, key)?)
    }

    /// Takes the children of an earlier run, and the first serial that it had not given.
    pub fn previous(&mut self, children: Vec<u8>, next_child_id: f64) {
        self.inputs.lists.previous(children, next_child_id as u64);
    }

    /// Reads columns in memory; answers how many rows they have.
    #[wasm_bindgen(js_name = addColumns)]
    pub fn add_columns(
        &mut self,
        name: &str,
        source: Option<String>,
        names: Vec<String>,
        bytes: Vec<Uint8Array>,
        offsets: Vec<Uint32Array>,
    ) -> Result<f64, Thrown> {
        let buffers = bytes.iter().zip(&offsets).map(|(bytes, offsets)| (bytes.to_vec(), offsets.to_vec())).collect();
        Ok(self.inputs.add_columns(name, source, TextColumns { names, buffers })? as f64)
    }

    /// Builds the table of all records, and leaves no input behind.
    pub fn build(self, link_only: bool, seed: u32) -> Result<LinkerRun, Thrown> {
        let options = RunOptions { link_only, seed: u64::from(seed) };
        Ok(LinkerRun { run: self.inputs.build(&options)?, linked: None })
    }
}

fn no_file() -> Error {
    Error::new("linker/no-file", "no file has been begun", "begin it with the share that is read here")
}

/// Reads a share of a file for a run in another worker: `each` takes the bytes of each chunk.
#[wasm_bindgen(js_name = readShare)]
pub fn read_share(
    name: &str,
    source: Option<String>,
    size: f64,
    read: Function,
    place: usize,
    of: usize,
    each: &Function,
) -> Result<(), Thrown> {
    let hand_over = |part: Vec<u8>| {
        let gone = |_| Error::new("linker/callback", "the part could not be handed over", "see the cause");
        each.call1(&JsValue::NULL, &Uint8Array::from(&part[..])).map(drop).map_err(gone)
    };
    Ok(shared_file::read_share(name, source, JsFile::new(size, read), Share { place, of }, hand_over)?)
}

/// A run, to be taken step by step: train, link, write.
#[wasm_bindgen]
pub struct LinkerRun {
    run: Run<JsFile>,
    linked: Option<Linked>,
}

#[wasm_bindgen]
impl LinkerRun {
    pub fn train(&mut self) -> Result<(), Thrown> {
        Ok(self.run.train()?)
    }

    pub fn link(&mut self) -> Result<(), Thrown> {
        self.linked = Some(self.run.link()?);
        Ok(())
    }

    pub fn write(&mut self) -> Result<LinkerFiles, Thrown> {
        let linked = self.linked.as_ref().ok_or_else(not_linked)?;
        Ok(LinkerFiles(self.run.write(linked)?))
    }

    #[cfg(feature = "wasm-app")]
    pub fn report(&self) -> Result<LinkerFiles, Thrown> {
        Ok(LinkerFiles(self.run.report(self.linked.as_ref().ok_or_else(not_linked)?)?))
    }

    /// The waterfall of a pair of the file of links, as this run weighed it.
    #[cfg(feature = "wasm-app")]
    pub fn explain(
        &self,
        source_l: &str,
        record_id_l: &str,
        source_r: &str,
        record_id_r: &str,
    ) -> Result<String, Thrown> {
        let linked = self.linked.as_ref().ok_or_else(not_linked)?;
        Ok(self.run.explain(linked, [source_l, record_id_l], [source_r, record_id_r])?)
    }
}

fn not_linked() -> Error {
    Error::new("linker/not-linked", "the records have not been linked yet", "link them before you write")
}

/// The files of a run.
#[wasm_bindgen]
pub struct LinkerFiles(LinkageFiles);

#[wasm_bindgen]
impl LinkerFiles {
    /// A file by its name, handed over once.
    pub fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.0.take(name)
    }
}

/// A file that JavaScript holds.
struct JsFile {
    read: SendWrapper<Function>,
    size: u64,
    position: u64,
}

impl JsFile {
    fn new(size: f64, read: Function) -> JsFile {
        JsFile { read: SendWrapper::new(read), size: size as u64, position: 0 }
    }
}

impl Read for JsFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.size.saturating_sub(self.position).min(buffer.len() as u64);
        if length == 0 {
            return Ok(0);
        }
        let gone = || io::Error::other("its content could not be had");
        let part = self
            .read
            .call2(&JsValue::NULL, &JsValue::from(self.position as f64), &JsValue::from(length as f64))
            .map_err(|_| gone())?;
        let part = part.dyn_into::<Uint8Array>().map_err(|_| gone())?;
        let count = part.length() as usize;
        // No more than was asked for, and something, since the file does not end here.
        let place = buffer.get_mut(..count).filter(|place| !place.is_empty()).ok_or_else(gone)?;
        part.copy_to(place);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for JsFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        self.position = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
