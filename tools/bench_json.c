/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_json.h"

#include <gsl/gsl_version.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/isa.h"
#include "tools/bench_peer.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

/* Where Linux tells it. */
static void processor(char *name, size_t size)
{
    char line[200];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        const char *value = strchr(line, ':');
        if (!value || strncmp(line, "model name", 10) != 0) continue;
        value += strspn(value, ": ");
        snprintf(name, size, "%.*s", (int)strcspn(value, "\n"), value);
        break;
    }
    if (f) fclose(f);
}

json_t *bench_json_machine(void)
{
    char name[100], python[320], libc[60] = "unknown";
    processor(name, sizeof name);
    bench_peer_versions(python, sizeof python);
#if defined(_CS_GNU_LIBC_VERSION)
    confstr(_CS_GNU_LIBC_VERSION, libc, sizeof libc);
#endif
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "processor", name, "processors",
                     omp_get_num_procs(), "compiler", COMPILER, "flags", BENCH_FLAGS,
                     "kernel_flags", BENCH_KERNEL_FLAGS, "libc", libc, "gsl", gsl_version, "python",
                     python);
}

static json_t *core_json(const fk_rates *core)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "isa", fk_isa_name(fk_isa()), "exp",
                     fk_json_real(core->exp), "fma", fk_json_real(core->fma), "normals",
                     fk_json_real(core->normals), "steps", fk_json_real(core->steps), "clock",
                     fk_json_real(core->clock));
}

static json_t *pair(double low, double high)
{
    return json_pack("[o, o]", fk_json_real(low), fk_json_real(high));
}

json_t *bench_json(const bench_case *what, const bench_effort *effort, const bench_outcome *o,
                   json_t *machine)
{
    const bench_figures *m = &o->median, *low = &o->low, *high = &o->high;
    json_t *ratios = json_object(), *between = json_object();
    for (size_t c = 1; c < what->n_contestants; c++) {
        const char *name = what->contestant[c].name;
        json_object_set_new(ratios, name, fk_json_real(m->ratio[c]));
        json_object_set_new(between, name, pair(low->ratio[c], high->ratio[c]));
    }
    json_t *quartiles =
        json_pack("{s:o, s:o, s:o}", "rate", pair(low->rate, high->rate), "fraction",
                  pair(low->fraction, high->fraction), "ratios", between);
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:f, s:o, s:O}", "case",
                     what->name, "threads", what->threaded ? effort->threads : 1, "unit",
                     what->unit, "rate", fk_json_real(m->rate), "limit", fk_json_real(m->limit),
                     "fraction", fk_json_real(m->fraction), "ratios", ratios, "quartiles",
                     quartiles, "rounds", (int)effort->rounds, "turn", effort->turn, "core",
                     core_json(&m->core), "machine", machine);
}
