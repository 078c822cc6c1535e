#!/usr/bin/env python3
"""Distils the public reference lists into data/population/ (see its README for licences).

    scripts/data/population.py REFERENCE_DIR [OUT_DIR]

REFERENCE_DIR holds the sdglinkage lists (UCL, MIT): given names by sex and birth year, surnames, spelling
variants, postcodes with coordinates, and rules of scanning and phonetic slips. Written by hand, and not touched
here: naming.csv, rates.toml and post_towns.csv.
"""
import csv, sys
from collections import Counter, defaultdict
from pathlib import Path
from statistics import mean

ref = Path(sys.argv[1])
out = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).resolve().parents[2] / "data/population")
FEWEST = 16  # parts per million: rarer given names are left out


def rows(name):
    with open(ref / name, newline="", encoding="utf-8") as f:
        yield from csv.DictReader(f)


def write(name, header, lines):
    with open(out / name, "w", newline="\n", encoding="utf-8") as f:
        f.write(",".join(header) + "\n")
        for line in lines:
            f.write(",".join(str(x) for x in line) + "\n")


# Given names. The list is a sample of (name, year) pairs, so the mean over the years present stands for an era.
ERAS = {"mother": range(1996, 2002), "early": range(2003, 2012), "late": range(2012, 2019)}
seen = defaultdict(lambda: defaultdict(list))
for r in rows("sdglinkage_firstname_uk.csv"):
    for era, years in ERAS.items():
        if int(r["birthyear"]) in years:
            seen[r["sex"][0], r["firstname"]][era].append(float(r["freq"]))
era_of = {}
for key, eras in seen.items():
    known = {e: mean(v) for e, v in eras.items()}
    # An era in which the sample missed the name: half of what the others say.
    era_of[key] = {e: known.get(e, mean(known.values()) / 2) for e in ERAS}
total = Counter()
for (sex, _), eras in era_of.items():
    for era, freq in eras.items():
        total[sex, era] += freq
given = []
for (sex, name), eras in era_of.items():
    ppm = [round(1e6 * eras[e] / total[sex, e]) for e in ERAS]
    if max(ppm) >= FEWEST:
        given.append((sex, name, *ppm))
given.sort(key=lambda r: (r[0], -r[3] - r[4], r[1]))
write("given_names.csv", ["sex", "name", "mother_ppm", "early_ppm", "late_ppm"], given)
kept = {r[1] for r in given}

surnames = sorted(((r["surname"], round(1e6 * float(r["freq"]))) for r in rows("sdglinkage_lastname_uk.csv")), key=lambda r: (-r[1], r[0]))
write("surnames.csv", ["name", "ppm"], surnames)


def variants(file, left, right, names, most):
    found = defaultdict(list)
    for r in rows(file):
        a, b = r[left], r[right]
        if a in names and len(b) > 1 and b.isalpha() and a != b:
            found[a].append(b)
    return [(a, " ".join(sorted(set(bs))[:most])) for a, bs in sorted(found.items())]


write("given_variants.csv", ["name", "variants"], variants("sdglinkage_firstname_uk_variant.csv", "forename", "forename2", kept, 8))
write("surname_variants.csv", ["name", "variants"], variants("sdglinkage_lastname_uk_variant.csv", "lastname1", "lastname2", {s for s, _ in surnames}, 4))

# Postcode districts: where they lie, which trust area holds most of them, which sectors were seen.
place = defaultdict(lambda: dict(n=0, lat=0.0, lon=0.0, trust=Counter(), sectors=set()))
for r in rows("sdglinkage_address_uk.csv"):
    outward, inward = r["postcode"].split()
    p = place[outward]
    p["n"] += 1
    p["lat"] += float(r["latitude"])
    p["lon"] += float(r["longitude"])
    p["trust"][r["primary_care_trust"]] += 1
    p["sectors"].add(inward[0])


def trust_name(name):
    for word in (" Teaching", " National Health Service", " Community Health Partnership", " Community Health and Care Partnership",
                 " Community Health and Social Care Partnership", " Health and Social Care Partnership", " University Health Board",
                 " Teaching Health Board", " Health Board", " Health"):
        name = name.removesuffix(word)
    return name.replace(",", "")


write("districts.csv", ["district", "trust", "latitude", "longitude", "postcodes", "sectors"],
      [(d, trust_name(min(p["trust"].items(), key=lambda t: (-t[1], t[0]))[0]), f"{p['lat'] / p['n']:.3f}", f"{p['lon'] / p['n']:.3f}", p["n"], "".join(sorted(p["sectors"])))
       for d, p in sorted(place.items())])

# Slips. Patterns that hold a comma would break the file; rules with phonetic context are left out.
slips = []
for r in rows("sdglinkage_ocr_rules.csv"):
    if r["orgpat"] and r["newpat"].strip() and "," not in r["orgpat"] + r["newpat"]:
        slips.append(("scan", "ALL", r["orgpat"].lower(), r["newpat"]))
for r in rows("sdglinkage_pho_rules.csv"):
    if all(r[c] == "None" for c in ("precond", "postcond", "existcond", "startcond")) and len(r["orgpat"]) > 1 or r["where"] == "END":
        if all(r[c] == "None" for c in ("precond", "postcond", "existcond", "startcond")):
            slips.append(("sound", r["where"], r["orgpat"], r["newpat"].replace("@", "")))
write("slips.csv", ["kind", "where", "from", "to"], sorted(set(slips)))
