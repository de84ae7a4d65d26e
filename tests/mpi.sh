#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make MPI=1: the same bytes from 1, 2 and 3 ranks of 1 and 2 threads each as from the plain build, from
# more ranks than there are blocks of particles; errors told once, exit codes of all.
unset MAKEFLAGS MAKELEVEL MFLAGS
command -v mpicc >/dev/null && command -v mpirun >/dev/null || {
    echo "skipped: neither mpicc nor mpirun here (apt-get install libopenmpi-dev openmpi-bin)"; exit 0; }
mode=${FOKKER_BUILD##*/} mode=${mode%-mpi}
case $mode in release|debug|cov) ;; *) echo "skipped: MPI's own library is not for sanitizers"; exit 0 ;; esac
commands="sample marginals moments"
targets=$(for c in $commands; do echo "build/$mode-mpi/fokker-$c"; done)
log=$(make MPI=1 MODE="$mode" "build/$mode-mpi/fokker" $targets 2>&1) || { echo "$log"; exit 1; }
plain=$PWD/build/$mode/fokker ranked=$PWD/build/$mode-mpi/fokker
# OpenMPI: a container's root, and more ranks than processors, as a test may have
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1 \
    PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
fail() { echo "mpi: $*"; exit 1; }

runs=0
same() { # same RANKS THREADS COMMAND...: its files, in `out`, are those of the plain build
    ranks=$1 threads=$2; shift 2
    rm -rf out && mkdir out
    mpirun -n "$ranks" "$ranked" "$@" --threads "$threads" >told 2>&1 || { cat told; fail "$ranks ranks: $*"; }
    diff -r want out || fail "$ranks ranks of $threads threads write other files: $*"
    runs=$((runs + 1))
}
want() { # want COMMAND...: let the plain build say what is right, in `want`
    rm -rf out want && mkdir out
    "$plain" "$@" >told 2>&1 || { cat told; fail "$*"; }
    mv out want
}

sample() { "$@" sample --mixture full-2d --scheme heun-sde --steps 7 --n 3001 --out out/x.npy; }
sample want
for ranks in 1 2 3; do for threads in 1 2; do sample same $ranks $threads; done; done
few() { "$@" sample --mixture three-1d --scheme dpmpp-2m --steps 9 --n 20 --final denoise --out out/x.csv; }
few want; few same 3 1 # one of them has nothing to do
adaptive() { "$@" sample --mixture full-2d --scheme dopri5 --n 2001 --out out/x.npy; }
adaptive want; adaptive same 2 2; adaptive same 3 1
marginals() { "$@" marginals --quick --no-plot --steps 60 --out out; }
marginals want; marginals same 3 1; marginals same 2 2
moments() { "$@" moments --no-plot --out out; }
moments want; moments same 2 1

# A run killed on one process goes on on three ranks; one that mpirun ends, on one process. It has to be so
# long that it is cut before its end, on a machine of whatever speed.
long() { "$@" sample --mixture three-1d --scheme euler-maruyama --steps 100 --n $n --histogram 50 \
    --out out/x.csv; }
kept() { "$@" sample --mixture three-1d --scheme euler-maruyama --steps 100 --n $n --histogram 50 \
    --checkpoint state --out out/x.csv; }
cut() { # cut SIGNAL COMMAND...: start it, and end it when it has kept something; false if it came to its end
    signal=$1; shift
    rm -rf out && mkdir out
    "$@" >told 2>&1 &
    run=$!
    while [ ! -e state ] && kill -0 $run 2>/dev/null; do sleep 0.02; done
    kill -s "$signal" $run 2>/dev/null
    { wait $run; } 2>/dev/null
    [ -e state ]
}
longer() { n=$((4 * n)); [ $n -lt 2000000000 ] || fail "nothing was kept: $*"; }
n=8000000
until kept cut KILL "$plain"; do longer a run killed; done
long want; kept same 3 1
until kept cut TERM mpirun -n 2 "$ranked"; do longer a run of two ranks; done
long want; rm -rf out; mkdir out
kept "$plain" >told 2>&1 || { cat told; fail "a run of two ranks, taken up by one process"; }
diff -r want out || fail "a run of two ranks, taken up by one process, writes other files"
[ -e state ] && fail "the checkpoint is still there"
few want

# Another seed is another file: the comparison sees something.
mpirun -n 2 "$ranked" sample --mixture three-1d --scheme heun --n 20 --seed random --out random.csv ||
    fail "--seed random"
grep -v '^#' random.csv >random; grep -v '^#' want/x.csv | cmp -s - random &&
    fail "another seed wrote the same file"

# fokker bench starts ranks by itself, for its figure: a rate for 1 and for 2, and nothing else is left.
rm -rf out
"$plain" bench --quiet --rounds 5 --turn 0.001 --threads 2 --out out >told 2>&1 || { cat told; fail "bench --out"; }
awk -F, '/^[0-9]/ { n++; good += $1 == n && $2 > 0 } END { exit n != 2 || good != 2 }' out/ranks.csv ||
    { cat out/ranks.csv; fail "ranks.csv of bench --out"; }
grep -q "ranks of one thread" out/bench.svg || fail "no ranks in the figure of bench --out"
[ "$(ls -A out | wc -l)" = 6 ] || { ls -A out; fail "bench --out left something else"; }

# Without a launcher it is a program like any other: MPI, which needs its PATH, is not begun. So in a batch
# script of Slurm, whatever the job is to have, and in a step of one task; in one of two it is.
alone() { rm -rf out && mkdir out && few env -i "$@" "$ranked" >told 2>&1 && diff -r want out; }
batch="SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_NODEID=0"
alone || { cat told; fail "one process without mpirun"; }
# shellcheck disable=SC2086 # words
alone $batch || { cat told; fail "a batch script"; }
# shellcheck disable=SC2086
alone $batch SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 || { cat told; fail "a step of one task"; }
# shellcheck disable=SC2086
case $(mpirun --version) in *"Open MPI"*)
    alone $batch SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 && fail "MPI is not begun in a step of two tasks" ;; esac

# The list of commands asks each for its sentence; those who are asked are no ranks.
"$plain" --help >want.txt || fail "--help"
for asked in --help help ""; do
    # shellcheck disable=SC2086 # no word at all
    timeout 60 mpirun -n 2 "$ranked" $asked >told 2>errors
    case $asked in "") mv errors told ;; esac
    for c in $commands; do
        brief=$(grep "^  $c " want.txt) && [ "$(grep -cxF "$brief" told)" = 1 ] ||
            { cat told; fail "'$asked' does not tell of $c once"; }
    done
done

# Processes that know nothing of one another do nothing, unless it is wished.
strangers() { # strangers SAYS COMMAND...
    says=$1; shift
    rm -rf out; mkdir out
    few "$@" >told 2>&1
    code=$?
    [ $code = 2 ] && grep -q "^fokker.*$says" told || { cat told; fail "exit $code of $*: not refused"; }
    [ -z "$(ls -A out)" ] || fail "$* wrote something"
    FOKKER_ALONE=1 few "$@" >told 2>&1 && diff -r want out || { cat told; fail "FOKKER_ALONE=1 $*"; }
}
strangers "one of 2 .*make MPI=1" mpirun -n 2 "$plain"
strangers "one of 3 .*make MPI=1" env SLURM_STEP_NUM_TASKS=3 "$plain"
strangers "one of 3 .*srun --mpi" env SLURM_STEP_NUM_TASKS=3 "$ranked"
few mpirun -n 1 "$plain" >told 2>&1 || { cat told; fail "one process of a build without MPI"; }

refused() { # refused CODE LINE COMMAND...: one line from all ranks together, and their exit code
    want=$1 line=$2; shift 2
    mpirun -n 2 "$ranked" "$@" >told 2>&1
    code=$?
    [ $code = "$want" ] || fail "exit $code of $*"
    [ "$(grep -c "^fokker" told)" = 1 ] && grep -q "$line" told || { cat told; fail "$*: not told once"; }
}
refused 2 "no command 'nonsense'" nonsense
refused 2 "no mixture" sample --mixture nonsense --scheme heun --out x.npy
refused 4 "no folder" sample --mixture three-1d --scheme heun --n 99 --out no/x.npy
printf '1\n1\n1e300\n2\n' >start.csv
refused 2 "particle 2 is not finite" sample --mixture three-1d --scheme euler --start start.csv --out x.npy
printf '1\n1\n1e200\n2\n' >start.csv
refused 2 "particle 2: the drift" sample --mixture three-1d --scheme dopri5 --start start.csv --out x.npy
[ -e x.npy ] && fail "a failed run left a file"
echo "$runs runs of 1 to 3 ranks wrote what one process writes"
