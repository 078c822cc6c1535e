//! What the JavaScript and the C shell share: the data that they hand out, and a run of linkage over inputs that
//! they are handed. Data are plain objects, the same in both, written here so that no core type freezes a format by
//! accident. Keys are snake_case; an absent value is null.

#[cfg(feature = "c-api")]
pub(crate) mod column;
pub(crate) mod finding;
#[cfg(all(feature = "wasm-edge", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) mod index;
#[cfg(any(feature = "c-api", feature = "wasm"))]
pub(crate) mod linkage;
#[cfg(any(feature = "c-api", feature = "wasm"))]
pub(crate) mod lists;
#[cfg(all(feature = "wasm-edge", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) mod notification;
pub(crate) mod record;
#[cfg(all(feature = "wasm", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) mod shared_file;
