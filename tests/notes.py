# SPDX-License-Identifier: GPL-3.0-or-later
"""paper_notes.md against the registry and against a run.

    tests/notes.py                   every ID stands in the notes and in `fokker list claims`
    tests/notes.py LEDGER            and every number of its tables is the one that the run measured
    tests/notes.py --write LEDGER    fill the columns that a run knows: found / margin, the controls,
                                     and the table of errata

LEDGER is written by `fokker verify --json LEDGER` (make verify does both). The numbers are those of
seed 1: with another seed those that were sampled are left out. A number agrees to the digits that
are printed, give or take one of the last; residuals at rounding level agree within a factor of
8, for compilers and libraries of mathematics differ there. A number in a row's other cells (decimals,
powers of ten, four digits and more) must be one that the run measured or that stands in the claim's own
text; the lecture between the tables has none."""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
NOTES = os.path.join(ROOT, "paper_notes.md")
FOUND, CONTROLS = "found / margin", "controls, and what they gave"
ERRATA = ["ID", "printed", "right", "printed form gives", "right form gives / margin"]
VERDICTS = {  # how the verdict of a row begins, and the registry's word for it
    "**true**": "true",
    "**true if**": "true under a condition",
    "**false as printed**": "false as printed",
    "**approximate**": "approximate",
    "wording": "wording",
}
ROUNDING = 1e-7  # below this a residual is rounding, quadrature or a solver's tolerance


def cells(line):
    return [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def line_of(row):
    return "| " + " | ".join(row) + " |"


def tables(lines):
    """(line number, heading, {column: cell}) of every row that has an ID."""
    head = None
    for i, line in enumerate(lines):
        if not line.startswith("|"):
            head = None
        elif head is None:
            head = cells(line)
        elif head[:1] == ["ID"] and not re.match(r"\|[-:| ]+$", line):
            row = cells(line)
            yield i, head, dict(zip(head, row)) if len(row) == len(head) else {"ID": row[0], "": row}


def escaped(text):
    return re.sub(r"([|*$])", r"\\\1", text)


def written(x, digits):
    if x is None or isinstance(x, str):  # what JSON has no number for
        return "inf" if x is None else str(x)
    if abs(x) < 1e6 and x == round(x):
        return str(round(x))
    text = f"{x:.{digits - 1}e}" if 0 < abs(x) < 1e-3 else f"{x:.{digits}g}"
    mantissa, e, power = text.partition("e")
    if e and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(power)}" if e else text


def found(entry):
    """The cell of a claim's result: as many digits as its margin can tell, nine at most."""
    if entry["status"] != "HOLDS":
        return entry["status"]
    observed, expected, margin, se = (entry[k] for k in ("observed", "expected", "margin", "se"))
    if se:
        places = max(0, 1 - int(f"{se:.1e}"[-3:]))
        text = f"{observed:.{places}f} ± {se:.{places}f}"
    elif expected == 0:
        text = written(observed, 1 if abs(observed) < ROUNDING else 2)
    else:
        places = min(9, max(1, 1 - int(f"{margin:e}"[-3:])))
        text = f"{observed:.{places}f}" if abs(observed) < 1e6 else written(observed, 9)
    if expected:
        text += f" for {written(expected, 10 if margin < 1e-6 else 5)}"
    return f"{text} / {written(margin, 3)}"


def controls(entry):
    digits = 6 if entry["expected"] and not entry["se"] else 3
    return "; ".join(f"{escaped(c['name'])} ({written(c['observed'], digits)})" for c in entry["controls"])


def erratum(e):
    """One row of the errata, from the ledger alone."""
    digits = 9 if e["expected"] and not e["se"] else 3
    printed_form = [c for c in e["controls"] if c["printed"]]
    printed_gives = written(printed_form[0]["observed"], digits) if printed_form else f"ill-formed: {e['ill_formed']}"
    return [e["id"], escaped(e["printed"]), escaped(e["statement"]), printed_gives, found(e)]


def fill(lines, ledger):
    lines = list(lines)
    for i, head, row in tables(lines):
        entry = ledger.get(row["ID"])
        if entry and FOUND in row:
            row[FOUND], row[CONTROLS] = found(entry), controls(entry)
            lines[i] = line_of(row[h] for h in head)
    if line_of(ERRATA) in lines:
        start = end = lines.index(line_of(ERRATA)) + 2
        while end < len(lines) and lines[end].startswith("|"):
            end += 1
        lines[start:end] = [line_of(erratum(e)) for e in ledger.values() if e["reading"] == "false as printed"]
    return lines


NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
NUMBERS = {  # where a column has its numbers; the others are text
    FOUND: re.compile(NUMBER),
    ERRATA[3]: re.compile(NUMBER),
    ERRATA[4]: re.compile(NUMBER),
    CONTROLS: re.compile(rf"(?<=\(){NUMBER}(?=\)(?:;|$))"),
}


def agree(a, b):
    """Whether a number as written and one as measured agree; the last digit written may be off by one."""
    x, y = float(a), float(b)
    if abs(x) < ROUNDING and abs(y) < ROUNDING:
        small, large = sorted((max(abs(x), 1e-16), max(abs(y), 1e-16)))
        return large <= 8 * small
    mantissa, _, power = a.partition("e")
    unit = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
    return abs(x - y) <= 1.01 * unit


def same(column, cell, fresh):
    pattern = NUMBERS.get(column)
    if not pattern:
        return cell == fresh
    if pattern.sub("#", cell) != pattern.sub("#", fresh):
        return False
    return all(map(agree, pattern.findall(cell), pattern.findall(fresh)))


STATED = re.compile(r"(?<![\w.^{_])(?:\d+\.\d+(?:e-?\d+)?|\d+e-?\d+|\d{4,})(?![\w.]\d)")


def unmeasured(text, entry):
    """Numbers of a cell that are neither the run's nor the claim's."""
    own = [entry[k] for k in ("observed", "expected", "margin", "se", "n")]
    own += [c["observed"] for c in entry["controls"]]
    own = [repr(abs(x)) for x in own if isinstance(x, (int, float))]
    words = [v for v in entry.values() if isinstance(v, str)] + [c["name"] for c in entry["controls"]]
    own += STATED.findall(" ".join(words))
    return [x for x in STATED.findall(text) if not any(agree(x, y) for y in own)]


def compare_ids(lines, registry):
    """What stands on one side only, or twice."""
    seen = {}
    for i, head, row in tables(lines):
        name = row["ID"]
        if "" in row:
            yield f"line {i + 1}: {name} has {len(row[''])} cells, its table {len(head)} columns"
        if head == ERRATA:
            continue
        if FOUND not in head or CONTROLS not in head:
            yield f"line {i + 1}: the table of {name} has no column '{FOUND}' or '{CONTROLS}'"
        if name in seen:
            yield f"line {i + 1}: {name} stands in line {seen[name] + 1} already"
        elif name not in registry:
            yield f"line {i + 1}: {name} is not in the registry"
        seen.setdefault(name, i)
    for name in registry:
        if name not in seen:
            yield f"{name} is in the registry and not in paper_notes.md"


def compare_numbers(lines, ledger):
    """What differs from what the run measured."""
    errata = []
    for i, head, row in tables(lines):
        entry = ledger.get(row["ID"])
        if not entry or "" in row:
            continue
        if entry["seed"] != 1 and (entry["se"] or entry["n"]):
            continue
        if head == ERRATA:
            fresh = dict(zip(ERRATA, erratum(entry)))
            errata.append(row["ID"])
        elif FOUND in row:
            fresh = {FOUND: found(entry), CONTROLS: controls(entry)}
            verdict = next((v for k, v in VERDICTS.items() if row["verdict"].startswith(k)), None)
            for column in ("statement", "verdict", "checked by"):
                for x in unmeasured(row.get(column, ""), entry):
                    yield f"line {i + 1}: {row['ID']}, {column}: {x} is not a number of the claim's nor of the run's"
            if verdict not in (None, entry["reading"]):
                yield f"line {i + 1}: {row['ID']} is {verdict} here, {entry['reading']} in the registry"
        else:
            continue
        for column, text in fresh.items():
            if not same(column, row[column], text):
                yield f"line {i + 1}: {row['ID']}, {column}: '{row[column]}', the run has '{text}'"
    for e in ledger.values():
        if e["reading"] == "false as printed" and e["id"] not in errata:
            yield f"{e['id']} is false as printed and not among the errata"


def compare_prose(lines):
    """Numbers in the lecture, which nothing measures; formulas and the head may have them."""
    lecture = formula = False
    for i, line in enumerate(lines):
        lecture = lecture or line.startswith("## ")
        formula = formula != line.startswith("```")
        if lecture and not formula and not line.startswith("|"):
            for x in STATED.findall(re.sub(r"\$[^$]*\$|`[^`]*`", "", line)):
                yield f"line {i + 1}: {x} stands in the text, where no run measures it"


def test_of_the_check():
    """What must be reported: an ID changed, a row gone, a row twice, numbers changed; and only that."""
    entry = {"id": "C5", "statement": "a = 2", "observed": 3e-15, "expected": 0.0, "margin": 1e-12, "se": 0.0,
             "n": 0, "seed": 1, "status": "HOLDS", "reading": "false as printed", "printed": "a = 1",
             "controls": [{"name": "a | b * 2", "observed": 0.91661, "printed": True}]}
    other = dict(entry, id="C6-paths", observed=0.9951, expected=1.0, margin=0.04, se=0.0031, n=9, reading="true")
    no_value = dict(entry, ill_formed="1/0", controls=[{"name": "another", "observed": 3.73, "printed": False}])
    assert erratum(entry)[3] == "0.917" and erratum(no_value)[3] == "ill-formed: 1/0"
    ledger = {e["id"]: e for e in (entry, other)}
    head = ["ID", "statement", "verdict", FOUND, CONTROLS]
    blank = [*map(line_of, (head, ["---"] * 5, ["C5", "0.9166 x", "**false as printed**", "", ""], ["C6-paths", "x", *"   "])),
             "", *map(line_of, (ERRATA, ["---"] * 5))]
    good = ["## Two claims", "in $1.25 x$", *fill(blank, ledger)]

    def reports(lines):
        return [*compare_ids(lines, list(ledger)), *compare_numbers(lines, ledger), *compare_prose(lines)]

    def changed(old, new):
        assert any(old in line for line in good), f"{old} is not in {good}"
        return [line.replace(old, new) for line in good]

    assert not reports(good), reports(good)
    assert fill(good, ledger) == good
    assert not reports(changed("3e-15", "9e-15")), "rounding differs between machines"
    assert not reports(changed("0.9951", "0.9950")), "a last digit may differ"
    for old, new in (("C5", "C7"), ("3e-15", "9e-14"), ("3e-15 /", "3e-5 /"), ("0.9951", "0.9931"),
                     ("0.0031", "0.0051"), ("(0.917)", "(0.927)"), ("/ 1e-12", "/ 1e-11"), ("a = 1", "a = 3"),
                     ("b \\* 2", "b \\* 3"), ("**false as printed**", "**true**"), (" x |", " x | y |"),
                     ("0.9166", "0.9266"), ("in $1.25", "in 1.25 $"), ("| x |", "| 1e-3 |")):
        assert reports(changed(old, new)), f"{new} for {old} goes unnoticed"
    for i in (4, 5, 9):
        assert reports(good[:i] + good[i + 1 :]), f"line {i + 1} may be left out"
        assert i == 9 or reports(good[: i + 1] + good[i:]), f"line {i + 1} may stand twice"


def main(words):
    with open(NOTES, encoding="utf-8") as f:
        lines = f.read().split("\n")
    path = words[-1] if words else None
    ledger = {}
    if path:
        with open(path, encoding="utf-8") as f:
            ledger = {e["id"]: e for e in json.load(f)}
    if words[:1] == ["--write"]:
        with open(NOTES, "w", encoding="utf-8") as f:
            f.write("\n".join(fill(lines, ledger)))
        return 0
    test_of_the_check()
    fokker = os.environ.get("FOKKER", os.path.join(ROOT, "fokker"))
    listed = json.loads(subprocess.run([fokker, "list", "claims", "--json"], capture_output=True, check=True).stdout)
    wrong = [*compare_ids(lines, [row["name"] for row in listed]), *compare_numbers(lines, ledger),
             *compare_prose(lines)]
    for line in wrong:
        print(f"paper_notes.md: {line}")
    print(f"{len(listed)} IDs, {len(ledger)} of them compared in their numbers, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
