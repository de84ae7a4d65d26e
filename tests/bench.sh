#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fokker bench: what it writes, and what it refuses.
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
json=$(FOKKER_PYTHON=/none "$FOKKER" bench --quiet --rounds 5 em-d1k3 --json -) || exit 1
echo "$json" | python3 -c '
import json, sys
rows = json.load(sys.stdin)
assert [r["case"] for r in rows] == ["em-d1k3"], rows
r = rows[0]
assert list(r) == ["case", "threads", "unit", "rate", "limit", "fraction", "ratios", "quartiles", "rounds", "turn", "core",
                   "machine"], r
assert r["threads"] == 1 and r["unit"] == "particle-steps/s"
assert 0 < r["rate"] and 0 < r["limit"] and 0 < r["fraction"] and 0 < r["ratios"]["scalar"]
assert r["ratios"]["numpy"] is None and r["quartiles"]["ratios"]["numpy"] == [None, None]
quartiles = r["quartiles"]
for low, middle, high in ([quartiles[k][0], r[k], quartiles[k][1]] for k in ("rate", "fraction")):
    assert 0 < low <= middle <= high, r
for name, middle in r["ratios"].items():
    low, high = quartiles["ratios"][name]
    assert middle is None or 0 < low <= middle <= high, r
assert r["rounds"] == 5 and r["turn"] == 0.1
machine = r["machine"]
assert machine["processors"] > 0 and "-ffp-contract=off" in machine["flags"], machine
assert "-fno-math-errno" in machine["kernel_flags"] and machine["compiler"].split()[1][0].isdigit(), machine
assert machine["gsl"][0].isdigit() and "No such file" in machine["python"], machine
assert all(r["core"][k] > 0 for k in ("exp", "fma", "normals", "steps", "clock")), r["core"]
' || exit 1

# Schemes are ranked: the one that falls shortest of its limit first.
"$FOKKER" bench --quiet --rounds 5 schemes-heun schemes-sea schemes-deis-2 | awk '
    /^schemes-/ { n++; falls += $4 < last; last = $4; spreads += $6 == "%" }
    END { exit n != 3 || falls || spreads != 3 }' || { echo "bench schemes-..: not three, not by fraction, or no spread"; exit 1; }

# No instruction set exceeds its limit, be it one without fused multiply-adds.
for isa in portable avx2 avx512; do
    FOKKER_ISA=$isa "$FOKKER" bench --quiet --rounds 5 --turn 0.02 schemes-euler |
        awk '/^schemes-/ { good = $4 > 0 && $4 < 1 } END { exit !good }' ||
        { echo "FOKKER_ISA=$isa bench schemes-euler: not within its limit"; exit 1; }
done

# The scan: a table for each panel of the figure, rates and limits in all rows, and the figure itself.
# Where there is no mpirun one remark and the figure say so, and ranks of another time are gone (tests/mpi.sh has them).
mkdir "$scratch/bin" "$scratch/out" && touch "$scratch/out/ranks.csv" &&
    ln -s "$(command -v gnuplot)" "$(command -v mv)" "$(command -v rm)" \
        "$(command -v sed)" "$scratch/bin" || exit 1
said=$(PATH=$scratch/bin "$FOKKER" bench --rounds 5 --turn 0.001 --threads 2 --out "$scratch/out" 2>&1) ||
    { echo "$said"; exit 1; }
case $said in *"no ranks in the figure"*) ;; *) echo "bench --out without mpirun: $said"; exit 1 ;; esac
grep -q "no ranks: " "$scratch/out/bench.svg" || { echo "bench --out without mpirun: its figure does not say so"; exit 1; }
[ -e "$scratch/out/ranks.csv" ] && { echo "bench --out without mpirun left ranks.csv"; exit 1; }
python3 - "$scratch/out" <<'END' || exit 1
import csv, os, sys
def table(name):
    with open(os.path.join(sys.argv[1], name + ".csv")) as f:
        return list(csv.DictReader(line for line in f if not line.startswith("#")))
for name, first, values in (("components", "components", [1, 2, 4, 8, 16, 32, 64]),
                            ("dimensions", "dim", [1, 2, 3, 4, 8, 16]),
                            ("threads", "threads", [1, 2])):
    rows = table(name)
    assert [int(r[first]) for r in rows] == values, (name, rows)
    assert all(float(r[k]) > 0 for r in rows for k in r), (name, rows)
    for full in ("", "_full") if name == "dimensions" else ("",):
        assert all(float(r["low" + full]) <= float(r["fraction" + full]) <= float(r["high" + full]) for r in rows), rows
END
for picture in bench.png bench.svg; do
    [ "$picture" = bench.svg ] && ! grep -q "measured / limit" "$scratch/out/$picture" && { echo "no figure"; exit 1; }
    [ -s "$scratch/out/$picture" ] || { echo "bench --out: no $picture"; exit 1; }
done

# A baseline that is missing is called so: no Python, a script that ends, a module that is not there.
missing() { # missing WHY PYTHON
    said=$(FOKKER_PYTHON=$2 "$FOKKER" bench --rounds 5 em-d1k3 2>&1) || { echo "$said"; exit 1; }
    for part in "numpy not found" "numpy is not found" "$1"; do
        case $said in *"$part"*) ;; *) echo "no '$part' in: $said"; exit 1 ;; esac
    done
}
missing "No such file" /none
missing "ended early" false
printf '#!/bin/sh\nexec python3 -S -c "import sys\nsys.modules[\"numpy\"] = None\nsys.argv = sys.argv[1:]\n\
sys.path.insert(0, sys.argv[0].rsplit(\"/\", 1)[0])\nexec(open(sys.argv[0]).read())" "$@"\n' >"$scratch/python"
chmod +x "$scratch/python"
missing "numpy" "$scratch/python"
refused() { # refused WHAT ARGS...: exit 2 with one line that holds WHAT
    what=$1; shift
    said=$("$FOKKER" bench "$@" 2>&1); code=$?
    case $said in *"$what"*) ;; *) echo "bench $*: no '$what' in: $said"; exit 1 ;; esac
    [ $code = 2 ] && [ "$(echo "$said" | wc -l)" = 1 ] || { echo "bench $*: exit $code: $said"; exit 1; }
}
refused "em-d2k8" em-d2k9
refused "at least 5" --rounds 2 em
refused "above 0" --turn 0 em
