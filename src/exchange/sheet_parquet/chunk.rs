//! One column of a row group, encoded from the places of its rows in a list: as a dictionary and indices into it, or
//! as plain numbers where most differ. Arrow's own encoder would look every value up anew.

use super::super::sheet::Kind;
use crate::linkage::cells::{Cells, Field, Named};
use bytes::Bytes;
use hashbrown::HashMap;
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use rustc_hash::FxBuildHasher;
use std::ops::Range;

/// Stands for a missing number.
const MISSING: u32 = u32::MAX;

/// The bytes of the column `cells` over `rows`, and what the file tells of them.
///
/// # Source
/// Apache Parquet format 2.11, Encodings: PLAIN, RLE and RLE_DICTIONARY; data pages of version 1.
pub(super) fn encoded(
    column: &ColumnDescPtr,
    kind: Kind,
    cells: &Cells<'_>,
    rows: Range<usize>,
) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
    let count = rows.len();
    let content = Content::of(kind, cells, rows);
    let mut data = Vec::new();
    let missing = content.missing();
    if column.max_def_level() > 0 {
        let levels: Vec<u32> = match &content.values {
            Values::Indices(indices) => indices.iter().map(|index| u32::from(*index != MISSING)).collect(),
            Values::Plain(numbers) => numbers.iter().map(|number| u32::from(!number.is_nan())).collect(),
        };
        let mut levels_written = Vec::new();
        hybrid(&levels, 1, &mut levels_written);
        data.extend((levels_written.len() as u32).to_le_bytes());
        data.extend(levels_written);
    }
    let mut sink = TrackedWrite::new(Vec::new());
    let mut writer = SerializedPageWriter::new(&mut sink);
    let mut sizes = Sizes::default();
    let mut dictionary_offset = None;
    let encoding = match content.values {
        Values::Plain(numbers) => {
            numbers.iter().filter(|number| !number.is_nan()).for_each(|number| data.extend(number.to_le_bytes()));
            Encoding::PLAIN
        }
        Values::Indices(mut indices) => {
            let page = Page::DictionaryPage {
                buf: compressed(&content.dictionary.bytes)?,
                num_values: content.dictionary.count,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            sizes.add(&writer.write_page(CompressedPage::new(page, content.dictionary.bytes.len()))?);
            dictionary_offset = Some(0);
            indices.retain(|index| *index != MISSING);
            let width = (u32::BITS - content.dictionary.count.saturating_sub(1).leading_zeros()).max(1);
            data.push(width as u8);
            hybrid(&indices, width, &mut data);
            Encoding::RLE_DICTIONARY
        }
    };
    let page = Page::DataPage {
        buf: compressed(&data)?,
        num_values: count as u32,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let data_offset = sizes.compressed as i64;
    sizes.add(&writer.write_page(CompressedPage::new(page, data.len()))?);
    writer.close()?;
    let mut encodings = vec![Encoding::RLE, encoding];
    let mut pages = vec![PageEncodingStats { page_type: PageType::DATA_PAGE, encoding, count: 1 }];
    if dictionary_offset.is_some() {
        encodings.push(Encoding::PLAIN);
        pages
            .insert(0, PageEncodingStats { page_type: PageType::DICTIONARY_PAGE, encoding: Encoding::PLAIN, count: 1 });
    }
    let metadata = ColumnChunkMetaData::builder(column.clone())
        .set_compression(Compression::SNAPPY)
        .set_encodings(encodings)
        .set_page_encoding_stats(pages)
        .set_num_values(count as i64)
        .set_total_compressed_size(sizes.compressed as i64)
        .set_total_uncompressed_size(sizes.uncompressed as i64)
        .set_data_page_offset(data_offset)
        .set_dictionary_page_offset(dictionary_offset)
        .set_statistics(content.range.statistics(missing))
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: sizes.compressed as u64,
        rows_written: count as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok((sink.into_inner()?.into(), close))
}

/// Of the pages of a column, headers included.
#[derive(Default)]
struct Sizes {
    compressed: usize,
    uncompressed: usize,
}

impl Sizes {
    fn add(&mut self, page: &PageWriteSpec) {
        self.compressed += page.compressed_size;
        self.uncompressed += page.uncompressed_size;
    }
}

fn compressed(bytes: &[u8]) -> Result<Bytes, ParquetError> {
    let compressed = snap::raw::Encoder::new().compress_vec(bytes);
    compressed.map(Bytes::from).map_err(|cause| ParquetError::External(Box::new(cause)))
}

enum Values {
    /// Of the dictionary, or [`MISSING`].
    Indices(Vec<u32>),
    /// Numbers, NaN where there is none.
    Plain(Vec<f64>),
}

#[derive(Default)]
struct Dictionary {
    bytes: Vec<u8>,
    count: u32,
}

/// The least and the greatest value.
enum Least {
    Texts,
    Integers(Option<(i64, i64)>),
    Numbers(Option<(f64, f64)>),
}

struct Content {
    values: Values,
    dictionary: Dictionary,
    range: Least,
}

impl Content {
    fn of(kind: Kind, cells: &Cells<'_>, rows: Range<usize>) -> Content {
        match cells {
            Cells::Listed { count, field, places } => {
                let mut of_row = Vec::with_capacity(rows.len());
                places(rows, &mut of_row);
                let named = Named::of(of_row, *count);
                Content::listed(kind, named.places.into_iter().map(field), named.of_row)
            }
            Cells::Numbers { of, field } => {
                let mut numbers = Vec::with_capacity(rows.len());
                of(rows, &mut numbers);
                Content::numbers(numbers, *field)
            }
        }
    }

    fn listed(kind: Kind, fields: impl Iterator<Item = Field>, mut of_row: Vec<u32>) -> Content {
        let mut dictionary = Dictionary::default();
        let mut range = match kind {
            Kind::Text => Least::Texts,
            Kind::Integer => Least::Integers(None),
            Kind::Number => Least::Numbers(None),
        };
        // Of equal numbers one stays, and of missing ones none.
        let mut known: HashMap<u64, u32, FxBuildHasher> = HashMap::default();
        let mut index_of = Vec::new();
        let mut is_plain = true;
        for field in fields {
            let index = match field {
                Field::Number(number) if number.is_nan() => MISSING,
                Field::Number(number) => {
                    *known.entry(number.to_bits()).or_insert_with(|| dictionary.add(&number.to_le_bytes()))
                }
                Field::Integer(number) => dictionary.add(&number.to_le_bytes()),
                Field::Text(ref text) => dictionary.add_text(text),
            };
            range.include(&field);
            is_plain &= index as usize == index_of.len();
            index_of.push(index);
        }
        if !is_plain {
            of_row.iter_mut().for_each(|index| *index = index_of[*index as usize]);
        }
        Content { values: Values::Indices(of_row), dictionary, range }
    }

    fn numbers(mut numbers: Vec<f64>, field: fn(f64) -> f64) -> Content {
        /// A dictionary of a greater share of the values saves little.
        const SHARE: usize = 4;
        let mut known: HashMap<u64, u32, FxBuildHasher> = HashMap::default();
        let mut listed = Vec::new();
        let mut indices = Vec::with_capacity(numbers.len());
        for number in &numbers {
            indices.push(*known.entry(number.to_bits()).or_insert_with(|| {
                listed.push(*number);
                listed.len() as u32 - 1
            }));
            if listed.len() > 1 << 12 && listed.len() > numbers.len() / SHARE {
                break;
            }
        }
        if indices.len() == numbers.len() {
            return Content::listed(
                Kind::Number,
                listed.into_iter().map(|number| Field::Number(field(number))),
                indices,
            );
        }
        let mut range = Least::Numbers(None);
        for number in &mut numbers {
            *number = field(*number);
            range.include(&Field::Number(*number));
        }
        Content { values: Values::Plain(numbers), dictionary: Dictionary::default(), range }
    }

    fn missing(&self) -> u64 {
        match &self.values {
            Values::Indices(indices) => indices.iter().filter(|index| **index == MISSING).count() as u64,
            Values::Plain(numbers) => numbers.iter().filter(|number| number.is_nan()).count() as u64,
        }
    }
}

impl Dictionary {
    fn add(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.extend_from_slice(bytes);
        self.count += 1;
        self.count - 1
    }

    fn add_text(&mut self, text: &str) -> u32 {
        self.bytes.extend((text.len() as u32).to_le_bytes());
        self.add(text.as_bytes())
    }
}

impl Least {
    fn include(&mut self, field: &Field) {
        match (self, field) {
            (Least::Integers(range), Field::Integer(number)) => {
                let (least, most) = range.unwrap_or((*number, *number));
                *range = Some((least.min(*number), most.max(*number)));
            }
            (Least::Numbers(range), Field::Number(number)) if !number.is_nan() => {
                let (least, most) = range.unwrap_or((*number, *number));
                *range = Some((least.min(*number), most.max(*number)));
            }
            _ => {}
        }
    }

    fn statistics(&self, missing: u64) -> Statistics {
        let missing = Some(missing);
        match self {
            Least::Texts => Statistics::byte_array(None, None, None, missing, false),
            Least::Integers(range) => {
                Statistics::int64(range.map(|(least, _)| least), range.map(|(_, most)| most), None, missing, false)
            }
            // A zero stands for both zeros, as the format asks.
            Least::Numbers(range) => {
                let least = range.map(|(least, _)| if least == 0.0 { -0.0 } else { least });
                let most = range.map(|(_, most)| if most == 0.0 { 0.0 } else { most });
                Statistics::double(least, most, None, missing, false)
            }
        }
    }
}

/// Numbers of at most `width` bits: runs of eight and more told once, the rest packed eight by eight.
fn hybrid(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    const TOGETHER: usize = 8;
    let mut packed_from = 0;
    let mut place = 0;
    while place < numbers.len() {
        let run = numbers[place..].iter().take_while(|number| **number == numbers[place]).count();
        // What is packed before a run has to be whole eights.
        let lacking = (TOGETHER - (place - packed_from) % TOGETHER) % TOGETHER;
        if run >= lacking + TOGETHER {
            packed(&numbers[packed_from..place + lacking], width, out);
            let length = run - lacking;
            variable((length as u64) << 1, out);
            out.extend_from_slice(&numbers[place].to_le_bytes()[..width.div_ceil(8) as usize]);
            place += run;
            packed_from = place;
        } else {
            place += run;
        }
    }
    packed(&numbers[packed_from..], width, out);
}

fn packed(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    let groups = numbers.len().div_ceil(8);
    variable((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * width as usize;
    let (mut bits, mut held) = (0u64, 0);
    for number in numbers {
        bits |= u64::from(*number) << held;
        held += width;
        if held >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            held -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes()[..held.div_ceil(8) as usize]);
    out.resize(end, 0);
}

/// A number of variable length, seven bits a byte.
fn variable(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
