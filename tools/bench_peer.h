/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: contestants in Python. A script tools/NAME.py, in which tools/bench_peer.py
 * is the other end, is started once and then asked for turns over a socket, so that they interleave
 * with our own. The interpreter is $FOKKER_PYTHON, else python3. */
#ifndef FK_TOOLS_BENCH_PEER_H
#define FK_TOOLS_BENCH_PEER_H

#include "tools/bench.h"

typedef struct bench_peer bench_peer;

/* Never fails: where Python or the script does not start, all its contestants are missing. One at a
 * time. `threads` is what its libraries may use. */
bench_peer *bench_peer_open(const char *script, int threads);
void bench_peer_close(bench_peer *); /* NULL is allowed */

/* n numbers for the script to read with bench_peer.receive(), before it is asked for anything. */
void bench_peer_send(bench_peer *, const double *x, size_t n);

/* The script's contestant `name`: what bench_contestant asks for. */
const char *bench_peer_missing(bench_peer *, const char *name);
int bench_peer_run(bench_peer *, const char *name, size_t amount, double *seconds, fk_error *);
int bench_peer_answer(bench_peer *, const char *name, bench_answer *, fk_error *);

/* Which Python there is, with the libraries that contestants take: "3.11.2, numpy 2.1.1 (..)"; or
 * why there is none. */
void bench_peer_versions(char *text, size_t size);

#endif
