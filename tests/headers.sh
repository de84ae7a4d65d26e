#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles on its own, and fokker.h includes every one that does not say that it is
# internal to its room.
cd "$(dirname "$0")/.." || exit 2
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I."
flags="$flags $(pkg-config --cflags gsl mpfr fftw3 jansson)"
bad=0 n=0
for h in fokker.h registry.h core/*.h schedules/*.h sde/*.h ode/*.h analytic/*.h learn/*.h claims/*.h; do
    [ -e "$h" ] || continue
    n=$((n + 1))
    # twice: the guard must hold
    printf '#include "%s"\n#include "%s"\n' "$h" "$h" |
        "${CC:-cc}" $flags -fsyntax-only -x c - || { bad=1; echo "$h: does not compile on its own"; }
    case $h in fokker.h) continue ;; esac
    grep -q 'Internal to' "$h" || grep -qF "#include \"$h\"" fokker.h ||
        { bad=1; echo "$h: fokker.h does not include it, and it does not say 'Internal to'"; }
done
echo "$n headers"
exit $bad
