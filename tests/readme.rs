//! The README's commands do what it says. Its Rust examples are documentation tests of the library, its JavaScript
//! runs in `tests/js/readme.test.js`.
#![cfg(all(feature = "cli", unix))]

mod documented;

use documented::Documented;

#[test]
fn the_commands_of_the_readme_run() {
    let page = Documented::run("README.md", 1);
    assert!(page.path("linked/children.csv").exists());
}
