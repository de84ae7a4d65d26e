#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles on its own, and twice in one file; fokker.h is one of them.
cd "$(dirname "$0")/.." || exit 2
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I."
flags="$flags $(pkg-config --cflags gsl mpfr fftw3 jansson)"
bad=0 n=0
for h in fokker.h registry.h core/*.h schedules/*.h sde/*.h ode/*.h analytic/*.h learn/*.h claims/*.h experiments/*.h tools/*.h; do
    [ -e "$h" ] || continue
    n=$((n + 1))
    # twice: the guard must hold
    printf '#include "%s"\n#include "%s"\n' "$h" "$h" |
        "${CC:-cc}" $flags -fsyntax-only -x c - || { bad=1; echo "$h: does not compile on its own"; }
done
echo "$n headers"
exit $bad
