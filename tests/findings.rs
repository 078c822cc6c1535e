//! Keeps `docs/findings.md` in step with the codes. `UPDATE_DOCS=1 cargo test --test findings` rewrites it.

use std::fmt::Write;

#[test]
fn the_list_of_findings_is_current() {
    let mut page = String::from(
        "# Findings about identity\n\n\
         Each kind of finding has a stable code. A *note* lost nothing; with a *warning* the value is kept but is \
         probably wrong;\nwith a *fault* the field cannot be used, its text is kept beside the reason, and it counts \
         as missing. No finding ever carries\nthe value itself, and none offers a corrected identifier: a plausible \
         wrong number is another child's.\n\n\
         | code | severity | what was found | what to do |\n| --- | --- | --- | --- |\n",
    );
    for code in childlink::identity::codes() {
        writeln!(page, "| `{}` | {} | {} | {} |", code.id, code.severity.as_str(), code.message, code.hint).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/findings.md is stale: run UPDATE_DOCS=1 cargo test --test findings");
}
