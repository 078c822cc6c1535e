#!/usr/bin/env python3
"""Links one folder of `childlink synth --layout chis` with Splink and prints one JSON object: seconds, memory, quality.

    splink_peer.py DIR [--u-pairs 1e7]

The peer that childlink is measured against: Splink on DuckDB with the blocking rules, comparisons and training that
its documentation advises for people, and, since those link twins, the two rules that an analyst adds who has seen
twins: *veto* drops pairs with two valid and different NHS numbers unless the given names are alike; *veto2* drops
pairs of unlike given names too, unless the numbers agree. "best" is the threshold with the greatest F1 on the truth
itself, which no user can know. Needs `pip install splink duckdb`.
"""
import argparse
import json
import logging
import math
import resource
import time

import duckdb
import splink.comparison_level_library as level
import splink.comparison_library as comparison
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

CHECKED = "(" + " + ".join(f"{11 - i} * digits[{i}]" for i in range(1, 11)) + ") % 11 = 0"
PLACEHOLDER = r"^(BABY|INFANT|TWIN|TRIPLET|BOY$|GIRL$|MALE$|FEMALE$)"

READ = """
create table record as
with raw as (select row_number() over () as unique_id, * from read_csv($path, header = true, all_varchar = true, quote = '"')),
written as (
    select unique_id, source_system, record_id, sex, dob,
        regexp_replace(coalesce(nhs_number, ''), '[^0-9]', '', 'g') as number,
        {letters}(given_name) as given_name, {letters}(family_name) as family_name,
        {letters}(mother_given) as mother_given, {letters}(mother_family) as mother_family,
        upper(given_name) as given_text,
        replace(upper(coalesce(postcode, '')), ' ', '') as postcode
    from raw),
read as (
    select *, list_transform(string_split(number, ''), lambda x: try_cast(x as integer)) as digits from written)
select unique_id, source_system, record_id,
    case when length(number) = 10 and number[1] in ('4', '6', '7') and length(replace(number, number[1], '')) > 0
              and {checked} then number end as nhs_number,
    case when not regexp_matches(coalesce(given_text, ''), '{placeholder}') then given_name end as given_name,
    family_name, mother_given, mother_family,
    strftime(try_strptime(dob, ['%Y-%m-%d', '%d/%m/%Y', '%d-%b-%Y', '%Y%m%d']), '%Y-%m-%d') as birth_date,
    case when upper(sex) in ('M', 'MALE', '1') then 'M' when upper(sex) in ('F', 'FEMALE', '2') then 'F' end as sex,
    case when postcode[1:4] <> 'ZZ99' and length(postcode) between 5 and 7 then postcode end as postcode,
    case when postcode[1:4] <> 'ZZ99' and length(postcode) between 5 and 7 then postcode[:-3] end as sector,
    case when postcode[1:4] <> 'ZZ99' and length(postcode) between 5 and 7 then postcode[:-4] end as district
from read
"""
LETTERS = "create macro letters(name) as nullif(regexp_replace(upper(strip_accents(name)), '[^A-Z]', '', 'g'), '')"
VETO = """not coalesce(l.nhs_number <> r.nhs_number, false) or coalesce(jaro_winkler_similarity(l.given_name, r.given_name) >= 0.92, false)"""
VETO2 = f"""({VETO}) and (coalesce(l.nhs_number = r.nhs_number, false) or l.given_name is null or r.given_name is null
    or jaro_winkler_similarity(l.given_name, r.given_name) >= 0.80 or l.given_name = r.family_name or l.family_name = r.given_name)"""


def name(column, extra=(), last=()):
    return comparison.CustomComparison(output_column_name=column, comparison_levels=[
        level.NullLevel(column), level.ExactMatchLevel(column, term_frequency_adjustments=True), *extra,
        level.JaroWinklerLevel(column, 0.92), level.JaroWinklerLevel(column, 0.8), *last, level.ElseLevel()])


def settings():
    exchanged = level.CustomLevel("given_name_l = family_name_r and given_name_r = family_name_l", "names exchanged")
    initial = level.CustomLevel("least(length(given_name_l), length(given_name_r)) = 1 and given_name_l[1] = given_name_r[1]", "initial")
    part = level.CustomLevel(
        "least(length(family_name_l), length(family_name_r)) > 3 and (contains(family_name_l, family_name_r) or contains(family_name_r, family_name_l))",
        "part of a double name")
    mothers = level.CustomLevel("family_name_l = mother_family_r or family_name_r = mother_family_l", "the mother's name")
    turned = level.CustomLevel(
        "birth_date_l[1:4] = birth_date_r[1:4] and birth_date_l[6:7] = birth_date_r[9:10] and birth_date_l[9:10] = birth_date_r[6:7]", "day and month exchanged")
    two_parts = level.CustomLevel(
        "(birth_date_l[1:4] = birth_date_r[1:4])::int + (birth_date_l[6:7] = birth_date_r[6:7])::int + (birth_date_l[9:10] = birth_date_r[9:10])::int = 2", "two parts")
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("nhs_number"), block_on("birth_date", "family_name"), block_on("birth_date", "given_name"),
            block_on("birth_date", "postcode"), block_on("birth_date", "mother_given"),
            block_on("given_name", "family_name", "district"), block_on("given_name", "family_name", "mother_given")],
        comparisons=[
            comparison.ExactMatch("nhs_number"),
            name("given_name", extra=[exchanged, initial]),
            name("family_name", extra=[part], last=[mothers]),
            comparison.CustomComparison(output_column_name="birth_date", comparison_levels=[
                level.NullLevel("birth_date"), level.ExactMatchLevel("birth_date"), turned,
                level.DamerauLevenshteinLevel("birth_date", 1), two_parts, level.ElseLevel()]),
            comparison.CustomComparison(output_column_name="postcode", comparison_levels=[
                level.NullLevel("postcode"), level.ExactMatchLevel("postcode"), level.DamerauLevenshteinLevel("postcode", 1),
                level.ExactMatchLevel("sector"), level.ExactMatchLevel("district"), level.ElseLevel()]),
            comparison.ExactMatch("sex"),
            name("mother_given"),
        ],
        retain_matching_columns=False, retain_intermediate_calculation_columns=False)


def quality(found, correct, actual, twins, adopted):
    precision, recall = (correct / found if found else 1.0), (correct / actual if actual else 1.0)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 5), "recall": round(recall, 5), "f1": round(f1, 5), "twin_pairs": twins, "adopted_pairs": adopted}


def judge(con, condition, actual):
    """Quality at the model's probabilities .95 and .99, and at the best threshold, of the pairs that a rule leaves."""
    con.execute(f"create or replace table kept as select j.* from judged j join record l on l.unique_id = j.l join record r on r.unique_id = j.r where {condition}")
    counted = """select count(*), count(*) filter (same), count(*) filter (twin), count(*) filter (adopted) from kept where weight >= ?"""
    best = con.execute("""
        with tied as (select weight, count(*) as found, count(*) filter (same) as correct from kept group by weight),
        upto as (select weight, sum(found) over down as found, sum(correct) over down as correct from tied window down as (order by weight desc))
        select weight from upto order by 2.0 * correct / (found + ?) desc, weight desc limit 1""", [actual]).fetchone()
    thresholds = {"p95": math.log2(19), "p99": math.log2(99), "best": best[0] if best else 0.0}
    result = {}
    for key, weight in thresholds.items():
        found, correct, twins, adopted = con.execute(counted, [weight]).fetchone()
        result[key] = quality(found, correct, actual, twins, adopted)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--u-pairs", type=float, default=1e6, help="pairs from which u is estimated; Splink's default is 1e6")
    options = parser.parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)

    started, processor_started = time.perf_counter(), time.process_time()
    con = duckdb.connect()
    con.execute(LETTERS)
    con.execute(READ.format(letters="letters", checked=CHECKED, placeholder=PLACEHOLDER), {"path": f"{options.folder}/records.csv"})
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register(con.table("record"), dataset_display_name="children"), settings(), log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("nhs_number"), block_on("given_name", "family_name", "birth_date")], recall=0.92)
    linker.training.estimate_u_using_random_sampling(max_pairs=options.u_pairs, seed=1)
    for rule in (block_on("nhs_number"), block_on("birth_date", "given_name")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    trained = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.99)
    ended, processor_ended = time.perf_counter(), time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    for table in ("truth", "persons"):
        con.execute(f"create table {table} as select * from read_csv('{options.folder}/{table}.csv', all_varchar = true)")
    con.execute(f"""
        create table judged as
        select p.unique_id_l as l, p.unique_id_r as r, p.match_weight as weight, a.person_id = b.person_id as same,
            coalesce(pa.maternity_id = pb.maternity_id and a.person_id <> b.person_id, false) as twin,
            coalesce(pa.adopted_counterpart = b.person_id, false) as adopted
        from {pairs.physical_name} p
        join record l on l.unique_id = p.unique_id_l join record r on r.unique_id = p.unique_id_r
        join truth a on a.source_system = l.source_system and a.record_id = l.record_id
        join truth b on b.source_system = r.source_system and b.record_id = r.record_id
        left join persons pa on pa.person_id = a.person_id left join persons pb on pb.person_id = b.person_id""")
    actual = con.execute("select sum(n * (n - 1) / 2)::bigint from (select count(*) n from truth group by person_id)").fetchone()[0]
    records = con.execute("select count(*) from record").fetchone()[0]
    print(json.dumps({
        "records": records, "true_pairs": actual, "seconds": round(ended - started, 2), "seconds_training": round(trained - started, 2),
        "processor_seconds": round(processor_ended - processor_started, 2),
        "peak_mib": round(memory), "plain": judge(con, "true", actual), "veto": judge(con, VETO, actual), "veto2": judge(con, VETO2, actual)}, indent=1))


if __name__ == "__main__":
    main()
