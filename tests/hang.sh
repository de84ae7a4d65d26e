# SPDX-License-Identifier: GPL-3.0-or-later
# tests/run ends a test that hangs, goes on to the next, and passes an interrupt on; what is ignored on
# entry (nohup, a job in the background) does not reach the tests.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
fail() { echo "$1"; cat "$folder/log"; exit 1; }

echo 'exec sleep 60' >"$folder/sleeps.sh"
echo 'awk "/^SigIgn/ { exit !(\$2 ~ /[0-9a-f]*[048c]\$/) }" /proc/self/status' >"$folder/hears.sh"
if FOKKER_TEST_SECONDS=1 sh -c 'trap "" HUP INT; exec sh tests/run "$@"' run \
    "$folder/sleeps.sh" "$folder/hears.sh" >"$folder/log" 2>&1; then
    fail "a test that hangs has passed"
fi
grep -q "FAIL  $folder/sleeps.sh (not done after 1 s)" "$folder/log" || fail "the hanging test is not named"
grep -q "ok    $folder/hears.sh" "$folder/log" || fail "a test has inherited an ignored signal"

echo "echo \$\$ >$folder/pid; exec sleep 60" >"$folder/sleeps.sh"
sh tests/run "$folder/sleeps.sh" >"$folder/log" 2>&1 &
for i in 1 2 3 4 5 6 7 8 9 10; do [ -s "$folder/pid" ] && break; sleep 0.2; done
kill -TERM $!
code=0; wait $! || code=$?
[ $code = 130 ] || fail "an interrupted run ends with $code"
for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$(cat "$folder/pid")" 2>/dev/null || break; sleep 0.2; done
! kill -0 "$(cat "$folder/pid")" 2>/dev/null || fail "the interrupted test runs on"
echo "a hanging test ends, an interrupted one too"
