//! The tutorial's commands do what it says, from first extract to index.
#![cfg(all(feature = "cli", unix))]

mod documented;

use documented::Documented;

#[test]
fn every_command_of_the_tutorial_runs() {
    let page = Documented::run("docs/tutorial.md", 9);
    for file in [
        "linked/report.html",
        "linked-2/changes.csv",
        "compared.html",
        "request/request.csv",
        "request/keys.csv",
        "best/best.csv",
        "best/history.csv",
        "children.index",
        "found.csv",
        "linked-project/children.csv",
    ] {
        assert!(page.path(file).is_file(), "the tutorial speaks of {file}");
    }
    // What it says of the results.
    assert!(page.told.contains("children that were joined"), "two runs were compared");
    let rows = |name: &str| page.text(name).lines().count() - 1;
    let mut serials: Vec<String> = page
        .text("linked-2/children.csv")
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap_or_default().to_owned())
        .collect();
    serials.sort();
    serials.dedup();
    assert_eq!(rows("best/best.csv"), serials.len(), "one best record for every child");
    assert!(rows("linked-2/changes.csv") >= 1, "the decision joined two records");
}
