//! Inputs on their way to children.

use super::error::Thrown;
use crate::error::Error;
use crate::linkage::Linked;
use crate::shape::linkage::{Inputs, LinkageFiles, Run, RunOptions, TextColumns};
use js_sys::{Function, Uint8Array, Uint32Array};
use send_wrapper::SendWrapper;
use std::io::{self, Read, Seek, SeekFrom};
use wasm_bindgen::prelude::*;

/// The inputs of a run.
#[wasm_bindgen]
pub struct LinkerInputs(Inputs<JsFile>);

#[wasm_bindgen]
impl LinkerInputs {
    /// No input yet, to be linked by this model or the built-in one.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Option<String>) -> Result<LinkerInputs, Thrown> {
        Ok(LinkerInputs(Inputs::new(model.as_deref())?))
    }

    /// Reads a file of so many bytes, of which `read(offset, length)` gives a part; answers how many rows it has.
    #[wasm_bindgen(js_name = addFile)]
    pub fn add_file(&mut self, name: &str, source: Option<String>, size: f64, read: Function) -> Result<f64, Thrown> {
        let file = JsFile { read: SendWrapper::new(read), size: size as u64, position: 0 };
        Ok(self.0.add_file(name, source, file)? as f64)
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
        Ok(self.0.add_columns(name, source, TextColumns { names, buffers })? as f64)
    }

    /// Builds the table of all records, and leaves no input behind.
    pub fn build(self, link_only: bool, seed: u32) -> LinkerRun {
        let options = RunOptions { link_only, seed: u64::from(seed) };
        LinkerRun { run: self.0.build(&options), linked: None }
    }
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
        let linked = self.linked.as_ref().ok_or_else(|| {
            Error::new("linker/not-linked", "the records have not been linked yet", "link them before you write")
        })?;
        Ok(LinkerFiles(self.run.write(linked)?))
    }
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
