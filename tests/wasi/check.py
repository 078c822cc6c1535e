"""The example for WASI, run under WASI and natively, beside `childlink notify`: the same files, answers and faults.

    check.py CHILDLINK NATIVE PROGRAM.wasm
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SAMPLE = ROOT / "data" / "sample"
MESSAGES = HERE / "messages"
childlink, native, program = (str(Path(argument).resolve()) for argument in sys.argv[1:])
RECORDS = sorted(str(path) for pattern in ("chis-*.csv", "maternity-*.csv") for path in SAMPLE.glob(pattern))
ENVIRONMENT = {"PATH": os.environ["PATH"], "NO_COLOR": "1"}


def run(kind, folder, *arguments, given=""):
    """Runs a program; answers exit code, output and errors, free of the folder's name."""
    wasi = [sys.executable, str(ROOT / "scripts" / "wasi"), program, "--dir", str(folder), "--dir", str(MESSAGES), "--"]
    command = {"childlink": [childlink], "native": [native], "wasi": wasi}[kind]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, input=given, env=ENVIRONMENT)
    return done.returncode, done.stdout.replace(str(folder), "FOLDER"), done.stderr.replace(str(folder), "FOLDER")


def same(what, one, other):
    assert one == other, f"{what} differs:\n{one}\n{other}"
    print(f"the same: {what}")


def results(folder):
    """The files that both programs write, with their bytes: results and journals."""
    names = ["messages.csv", "queue.csv", "restricted.csv", "facts.ndjson", "withdrawn-deaths.csv", "read-again.csv", "messages.journal", "index.journal", "index.sha256", "quarantine.csv"]
    names += sorted(str(path.relative_to(folder / "night")) for path in folder.glob("night/quarantine/*"))
    return {name: (folder / "night" / name).read_bytes() for name in names}


def person(number, given, born):
    identifier = [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}]
    return json.dumps({"resourceType": "Patient", "identifier": identifier, "name": [{"family": "Okafor", "given": [given]}], "birthDate": born})


with tempfile.TemporaryDirectory() as scratch:
    folders = {kind: Path(scratch) / kind for kind in ("childlink", "native", "wasi")}
    for folder in folders.values():
        folder.mkdir()
    code, _, words = run("childlink", folders["childlink"], "index", "build", *RECORDS, "--out", folders["childlink"] / "c.index")
    assert code == 0, words
    for kind in ("native", "wasi"):
        shutil.copy(folders["childlink"] / "c.index", folders[kind])
    files = sorted(MESSAGES.iterdir())

    def notify(kind, given):
        folder = folders[kind]
        arguments = [folder / "c.index", folder / "night", *given] if kind != "childlink" else [folder / "c.index", *given, "--out", folder / "night"]
        return run(kind, folder, "notify", *arguments)

    for what, given in (("the first two files", files[:2]), ("all of them", files), ("all again, in another order", files[::-1])):
        ended = {kind: notify(kind, given) for kind in folders}
        assert all(code == 0 for code, _, _ in ended.values()), ended
        same(f"words on {what}", ended["native"][1:], ended["wasi"][1:])
        found = {kind: results(folder) for kind, folder in folders.items()}
        same(f"files of {what}, under WASI and natively", found["wasi"], found["native"])
        same(f"files of {what}, under WASI and of `childlink notify`", found["wasi"], found["childlink"])
    facts = (folders["wasi"] / "night" / "facts.ndjson").read_text().splitlines()
    assert len(facts) == 3, f"two doses and a result, not {facts}"
    assert "0 changes" in ended["wasi"][1], ended["wasi"]

    # What a kill leaves of a journal's last entry is cut off, and the rest goes on.
    for kind in folders:
        with open(folders[kind] / "night" / "index.journal", "ab") as journal:
            journal.write(b"\x40\x00\x00")
        assert notify(kind, files)[0] == 0
    same("files after a torn write", results(folders["wasi"]), results(folders["childlink"]))

    # What cannot be read is in quarantine with its bytes, and everything else goes on.
    bad = Path(scratch) / "bad"
    bad.mkdir()
    (bad / "cut.xml").write_bytes(b"<Bundle><type value='message'/>")
    (bad / "no-message.json").write_bytes(b"{}")
    for kind in folders:
        for path in bad.iterdir():
            shutil.copy(path, folders[kind])
        code, words, faults = notify(kind, [folders[kind] / "cut.xml", folders[kind] / "no-message.json"])
        # Each run of the example tells of every file that it keeps.
        unreadable = int(ended["wasi"][1].split(", ")[-1].split()[0])
        assert code == 0 and (kind == "childlink" or f"{unreadable + 2} unreadable" in words), (words, faults)
    kept = results(folders["wasi"])
    same("quarantine, under WASI and of `childlink notify`", kept, results(folders["childlink"]))
    bytes_kept = [kept[name] for name in kept if name.startswith("quarantine/")]
    assert b"<Bundle><type value='message'/>" in bytes_kept and b"message/malformed" in kept["quarantine.csv"], kept

    asked = "\n".join([person("9434765919", "Zoe", "2026-01-05"), "{}", person("9434765918", "Nobody", "1999-01-01")]) + "\n"
    answers = {kind: run(kind, folders[kind], "match", folders[kind] / "c.index", given=asked) for kind in ("native", "wasi")}
    same("answers of $match", answers["native"], answers["wasi"])
    kinds = [json.loads(line)["resourceType"] for line in answers["wasi"][1].splitlines()]
    assert kinds == ["Bundle", "OperationOutcome", "Bundle"], kinds

    whole = (folders["childlink"] / "c.index").read_bytes()
    for kind in ("native", "wasi"):
        (folders[kind] / "cut.index").write_bytes(whole[:-7])
    for what, arguments in (
        ("a truncated index", lambda folder: ["match", folder / "cut.index"]),
        ("no index", lambda folder: ["match", folder / "none.index"]),
        ("another index", lambda folder: ["notify", folder / "other.index", folder / "night", files[0]]),
        ("wrong usage", lambda folder: ["notify"]),
    ):
        for kind in ("native", "wasi"):
            if what == "another index":
                run("childlink", folders[kind], "index", "build", RECORDS[0], "--out", folders[kind] / "other.index")
        ended = {kind: run(kind, folders[kind], *arguments(folders[kind])) for kind in ("native", "wasi")}
        # Systems word it differently that a file is not there.
        first = {kind: (code, words.splitlines()[0].split(" ")[0]) for kind, (code, _, words) in ended.items()}
        same(f"what is said of {what}", first["native"], first["wasi"])
        assert first["wasi"][0] == 2, ended
