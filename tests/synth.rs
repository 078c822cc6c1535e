//! The synthetic population: the same options give the same bytes, and what is generated has the
//! rates that `data/population/rates.toml` cites.

use childlink::identity::column::Column;
use childlink::identity::nhs_number::NhsNumber;
use childlink::synth::{Block, Generator, Options, Person, Profile};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// Runs `childlink synth` and returns each file it wrote.
fn files(arguments: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_childlink"))
        .args(["--quiet", "synth", "--out"])
        .arg(folder.path())
        .args(arguments.split(' '))
        .status()
        .unwrap();
    assert!(status.success(), "{arguments}");
    read_folder(folder.path())
}

fn read_folder(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
}

#[test]
fn the_same_options_give_the_same_bytes_on_any_number_of_threads() {
    let population = files("--children 3500 --sources 6 --seed 9 --threads 1");
    assert_eq!(population.keys().collect::<Vec<_>>(), ["persons.csv", "records.csv", "truth.csv"]);
    assert!(population == files("--children 3500 --sources 6 --seed 9 --threads 3"));
    assert!(population["records.csv"] != files("--children 3500 --sources 6 --seed 10")["records.csv"]);
}

#[test]
fn the_sample_that_ships_is_what_its_command_gives() {
    let mut shipped = read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample"));
    shipped.remove("README.md").expect("the sample says how it was made");
    let made = files("--children 450 --sources 4 --seed 3 --per-source");
    assert_eq!(shipped.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (name, bytes) in &made {
        assert!(shipped[name] == *bytes, "{name} differs: run the command in data/sample/README.md");
    }
}

#[test]
fn each_layout_has_its_columns_and_a_row_of_truth_per_record() {
    let chis = files("--children 300 --sources 3 --seed 2 --layout chis");
    let records = String::from_utf8(chis["records.csv"].clone()).unwrap();
    let header = "source_system,record_id,nhs_number,given_name,other_names,family_name,sex,dob,address_1,address_2,\
                  address_3,address_4,address_5,postcode,gp_code,mother_given,mother_family";
    assert_eq!(records.lines().next(), Some(header));
    let truth = String::from_utf8(chis["truth.csv"].clone()).unwrap();
    assert_eq!(truth.lines().next(), Some("source_system,record_id,person_id"));
    assert_eq!(truth.lines().count(), records.lines().count());
    let canonical = files("--children 300 --sources 3 --seed 2");
    let names: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
    assert!(canonical["records.csv"].starts_with(names.join(",").as_bytes()));
    assert!(canonical["truth.csv"].starts_with(b"source,record_id,person_id\n"));
}

#[test]
fn options_out_of_range_are_refused() {
    for (wrong, field) in [
        (Options { children: 0, ..Options::default() }, "children"),
        (Options { children: usize::MAX, ..Options::default() }, "children"),
        (Options { sources: 0, ..Options::default() }, "sources"),
        (Options { noise: f64::NAN, ..Options::default() }, "noise"),
        (Options { nhs_missing: Some(1.0), ..Options::default() }, "nhs-missing"),
    ] {
        let error = Generator::new(wrong).err().unwrap();
        assert_eq!((error.code, error.field.as_deref()), ("synth/options", Some(field)));
    }
    let one = Generator::new(Options { children: 1, sources: 1, ..Options::default() }).unwrap();
    assert_eq!(one.block(0).records.len(), 1, "every child is on some system");
}

static STANDARD: LazyLock<Population> =
    LazyLock::new(|| Population::new(Options { children: 30_000, sources: 6, seed: 5, ..Options::default() }));

struct Population {
    blocks: Vec<Block>,
}

impl Population {
    fn new(options: Options) -> Population {
        let generator = Generator::new(options).unwrap();
        Population { blocks: (0..generator.blocks()).map(|index| generator.block(index)).collect() }
    }

    fn persons(&self) -> impl Iterator<Item = &Person> {
        self.blocks.iter().flat_map(|block| &block.persons)
    }

    /// A field of every record, with the person it is about.
    fn field(&self, column: Column) -> impl Iterator<Item = (u64, &str)> {
        self.blocks.iter().flat_map(|block| &block.records).map(move |record| (record.person, record.get(column)))
    }

    /// The share of records of which this holds.
    fn share(&self, column: Column, holds: impl Fn(&str) -> bool) -> f64 {
        let (all, some) =
            self.field(column).fold((0, 0), |(all, some), (_, text)| (all + 1, some + u32::from(holds(text))));
        f64::from(some) / f64::from(all)
    }
}

fn assert_within(name: &str, value: f64, low: f64, high: f64) {
    assert!(low <= value && value <= high, "{name} is {value}, not {low} to {high}");
}

#[test]
fn the_population_has_the_published_rates() {
    let population = &*STANDARD;
    let mut maternities: BTreeMap<u64, u32> = BTreeMap::new();
    for person in population.persons() {
        *maternities.entry(person.maternity).or_default() += 1;
    }
    let multiple = maternities.values().filter(|&&children| children > 1).count() as f64;
    // ONS birth characteristics 2011 to 2022: 13.7 to 16.1 per 1,000; three deviations of this sample beside.
    assert_within("multiple maternities", 1_000.0 * multiple / maternities.len() as f64, 11.4, 18.4);
    let records = population.field(Column::Source).count() as f64;
    assert_within("records per child", records / 30_000.0, 1.12, 1.22);
    let girls = population.share(Column::Sex, |sex| matches!(sex, "F" | "2" | "Female"));
    assert_within("girls", girls, 0.475, 0.50); // ONS: 51 % male
    let abode = population.share(Column::Address1, |line| line == "No fixed abode");
    assert_within("no fixed abode", abode, 0.001, 0.003); // CRATE: 0.201 % at ZZ99 3VZ
    let no_practice = population.share(Column::GpPractice, |code| code == "V81997");
    assert_within("no practice", no_practice, 0.003, 0.008); // ONS 2019: about 0.5 %
    let years: BTreeSet<&str> =
        population.field(Column::BirthDate).filter_map(|(_, date)| date.split('-').next()).collect();
    assert!(years.contains("2006") && years.contains("2026"), "births from 2006 to 2026");
}

#[test]
fn twins_have_neighbouring_numbers_and_nearly_all_numbers_check() {
    let population = &*STANDARD;
    let maternity: BTreeMap<u64, u64> = population.persons().map(|p| (p.person, p.maternity)).collect();
    let mut numbers: BTreeMap<u64, BTreeMap<u64, u64>> = BTreeMap::new();
    let (mut given, mut valid) = (0u32, 0u32);
    for (person, text) in population.field(Column::NhsNumber).filter(|(_, text)| !text.is_empty()) {
        given += 1;
        if let Ok(number) = NhsNumber::parse(text) {
            valid += 1;
            let digits: u64 = number.to_string().replace(' ', "").parse().unwrap();
            numbers.entry(maternity[&person]).or_default().entry(person).or_insert(digits);
        }
    }
    assert_within("numbers that check", f64::from(valid) / f64::from(given), 0.975, 0.998);
    let twins: Vec<Vec<u64>> =
        numbers.values().filter(|n| n.len() > 1).map(|n| n.values().copied().collect()).collect();
    let near = twins.iter().filter(|n| n.iter().max().unwrap() - n.iter().min().unwrap() < 60).count();
    assert!(twins.len() > 200 && near * 10 > twins.len() * 9, "{near} of {}", twins.len());
}

#[test]
fn an_adopted_child_is_two_persons_of_two_maternities() {
    let population = &*STANDARD;
    let persons: BTreeMap<u64, &Person> = population.persons().map(|person| (person.person, person)).collect();
    let adopted: Vec<&&Person> = persons.values().filter(|person| person.adopted_counterpart.is_some()).collect();
    // DfE: some 3,000 a year in England against some 600,000 births; less those not adopted yet.
    assert_within("adopted", adopted.len() as f64 / 2.0 / 30_000.0, 0.001, 0.006);
    for person in adopted {
        let other = persons[&person.adopted_counterpart.unwrap()];
        assert_eq!(other.adopted_counterpart, Some(person.person));
        assert_ne!(other.maternity, person.maternity);
    }
}

#[test]
fn noise_and_missing_numbers_do_what_they_say() {
    let of =
        |noise, nhs_missing| Population::new(Options { children: 15_000, noise, nhs_missing, ..Options::default() });
    let missing = |population: &Population| population.share(Column::NhsNumber, str::is_empty);
    assert_within("numbers missing", missing(&of(1.0, None)), 0.045, 0.070);
    assert_within("numbers missing when asked for 35 %", missing(&of(1.0, Some(0.35))), 0.32, 0.38);
    let unreadable =
        |population: &Population| population.share(Column::Sex, |sex| matches!(sex, "U" | "0" | "Unknown"));
    let (quiet, loud) = (unreadable(&of(0.0, None)), unreadable(&of(2.5, None)));
    assert_eq!(quiet, 0.0);
    assert_within("sex not known at noise 2.5, CRATE's 0.4 % at 1", loud, 0.008, 0.016);
}

#[test]
fn a_migration_holds_most_children_twice() {
    let profile = Profile::Migration;
    let population = Population::new(Options { children: 4_000, sources: 4, profile, ..Options::default() });
    let records = population.field(Column::Source).count() as f64;
    assert_within("records per child", records / 4_000.0, 1.6, 2.1);
    assert_within("numbers missing", population.share(Column::NhsNumber, str::is_empty), 0.10, 0.22);
}
