/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: a case's outcome as JSON, with all that a reader needs to judge it. */
#ifndef FK_TOOLS_BENCH_JSON_H
#define FK_TOOLS_BENCH_JSON_H

#include "core/json.h"
#include "tools/bench_race.h"

/* Processor, compiler with its flags, libraries (bench_peer_versions, too: it starts Python). */
json_t *bench_json_machine(void);

/* Medians, the quartiles of all that is divided, the effort, the core's own rates; `machine` is
 * shared. */
json_t *bench_json(const bench_case *, const bench_effort *, const bench_outcome *,
                   json_t *machine);

#endif
