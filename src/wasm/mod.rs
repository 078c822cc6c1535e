//! The JavaScript shell: what the npm package calls, one file per noun.
//!
//! The functions here are the low half of the package. The upper half is the hand-written JavaScript of
//! `pkg-config/npm/lib`, which checks the types of arguments before they reach the boundary, turns what
//! is thrown into `ChildlinkError`, and starts a fresh instance after a trap. So a function here may rely
//! on text being text, and reports everything else as an error with a code.

#![allow(unreachable_pub, reason = "wasm-bindgen exports only what is `pub`; Rust callers use the core")]

mod birth_date;
#[cfg(feature = "wasm-edge")]
mod child_index;
mod error;
mod field;
#[cfg(feature = "wasm")]
mod linker;
mod name;
mod nhs_number;
#[cfg(feature = "wasm-edge")]
mod notification;
#[cfg(feature = "wasm")]
mod pair;
mod postcode;
mod record;
mod regional_number;
mod result;
#[cfg(feature = "wasm")]
mod schedule;
