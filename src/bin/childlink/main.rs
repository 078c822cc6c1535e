//! The childlink command line.
fn main() {}
