#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install: the command works from another folder and finds its figures' scripts and the notes; programs
# compile and link with what was installed, by pkg-config alone, and load a trained network.
unset MAKEFLAGS MAKELEVEL MFLAGS FOKKER_PLOTS
mode=${FOKKER_BUILD##*/} mode=${mode%-mpi}
example=$PWD/examples/network.c
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
fail() { echo "install: $*"; exit 1; }

make MODE="$mode" install DESTDIR="$scratch/root" PREFIX=/opt/lab >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
PATH=$scratch/root/opt/lab/bin:$PATH
cd "$scratch" || exit 1
fokker list schemes | grep -q heun || fail "fokker list does not run"
if command -v gnuplot >/dev/null; then
    fokker schedules --quick >told 2>&1 || { cat told; fail "fokker schedules does not run"; }
    [ -s out/schedules/schedules.svg ] || fail "no figure"
fi
fokker verify C05 --json ledger.json >/dev/null && fokker report --json ledger.json >told 2>&1 ||
    { cat told; fail "fokker report does not run"; }
grep -q "An Overview of Diffusion Models" out/report/index.html || fail "no notes in the report"

case $mode in release|debug) ;; *) echo "installed (a sanitizer's library needs its flags: not linked)"; exit ;; esac
cat >user.c <<'E'
#include <fokker.h>
#include <stdio.h>

int main(void)
{
    fk_mixture *mixture;
    fk_error err;
    if (fk_mixture_read("gaussian-1d", &mixture, &err) != FK_OK) return 2;
    fk_marginal *law = fk_marginal_new(mixture, 1, 0);
    printf("%.3f\n", fk_marginal_cdf(law, 0.7, false)); /* its mean */
    fk_marginal_free(law);
    fk_mixture_free(mixture);
    return 0;
}
E
PKG_CONFIG_PATH=$scratch/root/opt/lab/lib/pkgconfig
export PKG_CONFIG_PATH
compile() { ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror "$1" $(pkg-config --cflags --libs fokker) -o "$2" || fail "$1 does not compile"; }
compile user.c user
[ "$(./user)" = 0.500 ] || fail "a program does not run: $(./user)"

compile "$example" network
fokker train --mixture three-1d --hidden 8 --steps 50 --batch 64 --quiet --out w.safetensors || fail "fokker train does not run"
of() { sed -n "s/.*\"$1\": \([0-9.e-]*\).*/\1/p" w.json; }
./network w.safetensors three-1d "$(of t_of_excess_max)" >told || fail "examples/network.c does not run"
found=$(sed -n 's/.*floor: //p' told)
awk -v a="$found" -v b="$(of excess_max)" 'BEGIN { exit !(a > 0 && a - b < 1e-8 * b && b - a < 1e-8 * b) }' ||
    fail "examples/network.c has an excess of $found, and fokker train of $(of excess_max)"
./network w.safetensors ring-8 0.3 2>told && fail "a network of another dimension is taken"
for t in 7 0 -1 1e-9 nan inf abc 0.3x ""; do
    ./network w.safetensors three-1d "$t" >told 2>&1
    [ $? = 2 ] && [ "$(wc -l <told)" = 1 ] && grep -q "^network: T" told || fail "T '$t': $(cat told)"
done
echo "installed, ran, compiled, linked"
