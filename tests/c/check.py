"""The C library from Python's ctypes, on the case tables that the native tests read."""

import csv
import ctypes
import json
import pathlib
import sys

library = ctypes.CDLL(sys.argv[1])
cases = pathlib.Path(__file__).parent.parent / "cases" / "identity"

library.childlink_is_nhs_number.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
library.childlink_is_nhs_number.restype = ctypes.c_bool
library.childlink_normalise_record.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p]
library.childlink_normalise_record.restype = ctypes.c_void_p
library.childlink_text_bytes.argtypes = [ctypes.c_void_p]
library.childlink_text_bytes.restype = ctypes.POINTER(ctypes.c_char)
library.childlink_text_length.argtypes = [ctypes.c_void_p]
library.childlink_text_length.restype = ctypes.c_size_t
library.childlink_text_free.argtypes = [ctypes.c_void_p]
library.childlink_text_free.restype = None


def normalise(record):
    """The answer of childlink_normalise_record, with its text freed."""
    data = json.dumps(record).encode()
    text = library.childlink_normalise_record(data, len(data), None, None)
    assert text, record
    answer = json.loads(library.childlink_text_bytes(text)[: library.childlink_text_length(text)])
    library.childlink_text_free(text)
    return answer


passed = 0
for column in ["nhs_number", "given_name", "family_name", "postcode", "sex", "gp_practice", "uprn", "birth_order"]:
    for row in csv.DictReader((cases / f"{column}.csv").open(encoding="utf-8", newline="")):
        answer = normalise({column: row["input"]})
        value = answer["record"][column] or ""
        expected = row["value"].replace(" ", "") if column == "nhs_number" else row["value"]
        codes = "|".join(finding["code"] for finding in answer["findings"] if finding["field"] == column)
        assert value == expected, f"{column}, {row['name']}: {value!r}, not {expected!r} ({row['source']})"
        assert codes == row["codes"], f"{column}, {row['name']}: {codes!r}, not {row['codes']!r} ({row['source']})"
        if column == "nhs_number" and "decimal-part" not in row["codes"]:
            data = row["input"].encode()
            assert library.childlink_is_nhs_number(data, len(data)) == (row["value"] != ""), row
        passed += 1
assert passed > 100

for name, kinds, result in [
    ("linker_new", [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p], ctypes.c_void_p),
    ("linker_add_file", [ctypes.c_void_p, *[ctypes.c_char_p] * 3, ctypes.c_size_t, ctypes.c_void_p], ctypes.c_int64),
    ("linker_link", [ctypes.c_void_p, ctypes.c_bool, ctypes.c_uint64, ctypes.c_void_p], ctypes.c_void_p),
    ("linker_free", [ctypes.c_void_p], None),
    ("linkage_take", [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p], ctypes.c_void_p),
    ("linkage_free", [ctypes.c_void_p], None),
]:
    function = getattr(library, f"childlink_{name}")
    function.argtypes, function.restype = kinds, result
sample = sorted(path for path in (cases.parent.parent.parent / "data" / "sample").glob("*.csv") if path.stem[:4] in ("chis", "mate"))
linker = library.childlink_linker_new(None, 0, None)
for path in sample:
    data = path.read_bytes()
    assert library.childlink_linker_add_file(linker, path.name.encode(), None, data, len(data), None) > 0, path.name
linkage = library.childlink_linker_link(linker, False, 0, None)
library.childlink_linker_free(linker)
text = library.childlink_linkage_take(linkage, b"children.csv", None)
children = bytes(library.childlink_text_bytes(text)[: library.childlink_text_length(text)])
library.childlink_text_free(text)
library.childlink_linkage_free(linkage)
rows = list(csv.DictReader(children.decode().splitlines()))
assert 0 < len({row["child_id"] for row in rows}) < len(rows)
passed += 1
print(f"Python: {passed} passed, 0 failed")
