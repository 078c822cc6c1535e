//! The report page as its readers meet it: whole in itself, the same for the same records, without colour or script,
//! every picture with its figures.

mod bench;

use bench::Bench;
use serde_json::Value;
use std::fs;

impl Bench {
    /// A run over a small population, by the built-in numbers said to be trained.
    fn linked() -> Bench {
        let bench = Bench::empty();
        bench.write_trained_model("model.json");
        bench.ok(&["synth", "--children", "400", "--sources", "4", "--seed", "11", "--out", "population"]);
        bench.ok(&["link", "population/records.csv", "--model", "model.json", "--out", "linked"]);
        bench
    }
}

#[test]
fn the_page_asks_nothing_of_a_network_and_every_picture_has_its_table() {
    let bench = Bench::linked();
    let page = bench.text("linked/report.html");
    for word in ["<script", "http:", "https:", "url(", "@import", "<link", "<img", "src="] {
        assert!(!page.contains(word), "{word}");
    }
    let figures: Vec<&str> = page.split("<figure>").skip(1).map(|f| f.split("</figure>").next().unwrap()).collect();
    assert!(figures.len() > 10, "{}", figures.len());
    for figure in figures {
        assert!(figure.contains("role=\"img\" aria-label=\"") && figure.contains("<table"), "{figure}");
        assert!(figure.contains("<figcaption>"));
    }
    for heading in [
        "Reconciliation",
        "Data quality",
        "Overlap between sources",
        "Blocking",
        "Model",
        "Weights and thresholds",
        "Children and their records",
        "Subgroups",
        "Children born together",
        "Review workload",
    ] {
        assert!(page.contains(&format!("\">{heading}</h2>")), "{heading}");
    }
    assert!(page.contains("Every row read is accepted or set aside"));
    // Text and its ground: 14 to 1; nothing paler is used for words (WCAG 2.2, 1.4.3 and 1.4.11).
    assert!(page.contains("color:#212b32") && page.contains("@media print"));
}

#[test]
fn the_page_is_made_again_from_what_the_run_left() {
    let bench = Bench::linked();
    let page = bench.text("linked/report.html");
    fs::remove_file(bench.path("linked/report.html")).expect("removed");
    assert!(bench.ok(&["report", "linked"]).contains("report.html"));
    assert!(bench.text("linked/report.html") == page, "the same bytes");
    fs::remove_file(bench.path("linked/statistics.json")).expect("removed");
    let refused = bench.run(&["report", "linked"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("statistics.json"));
}

#[test]
fn the_figures_of_the_page_are_those_of_the_files() {
    let bench = Bench::linked();
    let read = |name: &str| -> Value { serde_json::from_str(&bench.text(name)).expect("JSON") };
    let (statistics, summary) = (read("linked/statistics.json"), read("linked/summary.json"));
    let sum = |list: &Value, of: &dyn Fn(&Value) -> u64| list.as_array().expect("a list").iter().map(of).sum::<u64>();
    let number = |value: &Value| value.as_u64().expect("a number");
    let linkage = &summary["linkage"];
    assert_eq!(sum(&statistics["sizes"], &|size| number(&size["children"])), number(&linkage["children"]));
    let records = sum(&statistics["sizes"], &|size| number(&size["records"]) * number(&size["children"]));
    assert_eq!(records, number(&linkage["records"]));
    assert_eq!(sum(&statistics["weights"], &|bin| number(&bin["links"])), number(&linkage["links"]));
    assert_eq!(sum(&statistics["weights"], &|bin| number(&bin["review"])), number(&linkage["review"]));
    assert_eq!(sum(&statistics["review"]["by_sources"], &|pair| number(&pair[2])), number(&linkage["review"]));
    for (place, name) in statistics["sources"].as_array().expect("sources").iter().enumerate() {
        let own = &statistics["shared"][place][place];
        assert_eq!(own, &linkage["children_by_source"][name.as_str().expect("a name")], "{name}");
    }
    for by in ["sex", "birth-year", "nhs-number", "given-name", "birth"] {
        let of_one = statistics["subgroups"].as_array().expect("groups").iter().filter(|group| group["by"] == by);
        assert_eq!(of_one.map(|group| number(&group["records"])).sum::<u64>(), records, "{by}");
    }
}

#[test]
fn two_runs_are_compared_in_words_on_a_page_and_as_json() {
    let bench = Bench::linked();
    let text = bench.text("population/records.csv");
    let shorter: Vec<&str> = text.lines().enumerate().filter(|(n, _)| n % 50 != 7).map(|(_, line)| line).collect();
    let gone = text.lines().count() - shorter.len();
    fs::write(bench.path("fewer.csv"), shorter.join("\n") + "\n").expect("written");
    bench.ok(&["link", "fewer.csv", "--model", "model.json", "--previous", "linked", "--out", "fewer"]);
    let told = bench.ok(&["report", "compare", "linked", "fewer", "--out", "compared.html"]);
    assert!(told.contains("children that were split"), "{told}");
    let page = bench.text("compared.html");
    assert!(page.contains("<title>Two runs compared</title>") && page.contains("Decisions on pairs"));
    let json: Value =
        serde_json::from_str(&bench.ok(&["report", "compare", "linked", "fewer", "--json"])).expect("one JSON object");
    assert_eq!(json["gone_records"].as_u64(), Some(gone as u64));
    assert_eq!(json["new_records"], 0);
    let same: Value =
        serde_json::from_str(&bench.ok(&["report", "compare", "linked", "linked", "--json"])).expect("one JSON object");
    assert_eq!((&same["split"], &same["joined"], &same["other_child_id"]), (&0.into(), &0.into(), &0.into()));
}
