#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fokker bench: what it writes, and what it refuses.
json=$("$FOKKER" bench --quiet --rounds 5 em-d1k3 --json -) || exit 1
echo "$json" | python3 -c '
import json, sys
rows = json.load(sys.stdin)
assert [r["case"] for r in rows] == ["em-d1k3"], rows
r = rows[0]
assert list(r) == ["case", "threads", "unit", "rate", "limit", "fraction", "ratios"], r
assert r["threads"] == 1 and r["unit"] == "particle-steps/s"
assert 0 < r["rate"] and 0 < r["limit"] and 0 < r["fraction"] and 0 < r["ratios"]["scalar"]
' || exit 1
refused() { # refused WHAT ARGS...: exit 2 with one line that holds WHAT
    what=$1; shift
    said=$("$FOKKER" bench "$@" 2>&1); code=$?
    case $said in *"$what"*) ;; *) echo "bench $*: no '$what' in: $said"; exit 1 ;; esac
    [ $code = 2 ] && [ "$(echo "$said" | wc -l)" = 1 ] || { echo "bench $*: exit $code: $said"; exit 1; }
}
refused "em-d2k8" em-d2k9
refused "at least 5" --rounds 2 em
