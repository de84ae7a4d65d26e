/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long run that may be killed at any moment and started again, to the same bytes. Particles are
 * independent of one another, so the ensemble runs in parts, each of about a tenth of a second, or
 * so long that freezing the field for it costs a twentieth of that; and between two of them, now
 * and then, what the observers hold is kept in a file. How it was cut leaves no trace in the
 * results: what adds up adds up exactly. */
#ifndef FK_CORE_RESUMABLE_H
#define FK_CORE_RESUMABLE_H

#include "core/integrate.h"

/* fk_integrate of a whole ensemble, from where `path` says that an earlier run of it has come,
 * where there is such a file; the observers' totals start as zero. It is rewritten, whole or not at
 * all, every half second, or so rarely that it costs a twentieth of the time. `what` tells on one
 * line all that the results depend on, but for the program: the file of another run is refused
 * (FK_USAGE), as is one that is damaged, or that was begun by a build, or with a BLAS, that makes
 * other numbers: the file knows what became of the first FK_LANES particles, which are run before
 * all else. Ranks read one and the same file; how many there are may differ from the earlier run's.
 * A run that is killed while it writes leaves .NAME.fokker-tmp, which the next one removes. path
 * NULL: fk_integrate itself. */
int fk_resumable_run(const fk_run *run, const char *path, const char *what,
                     fk_error *err) FK_CHECKED;

/* The results are in safety: remove the file, where there is one. path NULL is allowed. */
void fk_resumable_end(const char *path);

#endif
