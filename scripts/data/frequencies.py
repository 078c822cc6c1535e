#!/usr/bin/env python3
"""Distils the public reference lists into data/frequencies/ (see its README for licences).

    scripts/data/frequencies.py REFERENCE_DIR [OUT_DIR]

REFERENCE_DIR holds the sdglinkage lists (UCL, MIT): given names by sex and birth year, and surnames.
"""
import csv, sys
from pathlib import Path

ref = Path(sys.argv[1])
out = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).resolve().parents[2] / "data/frequencies")


def rows(name):
    with open(ref / name, newline="", encoding="utf-8") as f:
        yield from csv.DictReader(f)


def per_million(share):
    return f"{1e6 * float(share):.4g}"


with open(out / "given_names.csv", "w", newline="\n", encoding="utf-8") as f:
    f.write("sex,birth_year,value,per_million\n")
    lines = {(r["sex"][0], int(r["birthyear"]), r["firstname"]): per_million(r["freq"]) for r in rows("sdglinkage_firstname_uk.csv")}
    for (sex, year, name), share in sorted(lines.items()):
        f.write(f"{sex},{year},{name},{share}\n")

with open(out / "family_names.csv", "w", newline="\n", encoding="utf-8") as f:
    f.write("value,per_million\n")
    lines = {r["surname"]: per_million(r["freq"]) for r in rows("sdglinkage_lastname_uk.csv")}
    for name, share in sorted(lines.items()):
        f.write(f"{name},{share}\n")
