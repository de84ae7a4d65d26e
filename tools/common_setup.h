/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run of a sampler is made of, from the command line: the options that `fokker sample` and
 * `fokker law` share, and mixture, time axis, scheme and plan made from them. */
#ifndef FK_TOOLS_COMMON_SETUP_H
#define FK_TOOLS_COMMON_SETUP_H

#include "analytic/mixture.h"
#include "core/cli.h"
#include "core/json.h"
#include "learn/model.h"
#include "schedules/scheme.h"

typedef struct {
    /* as given; NULL, 0 and NaN where not */
    const char *mixture_spec, *schedule_spec, *chain_spec, *scheme_spec, *grid, *prior, *final;
    const char *score_file;
    size_t steps;
    double t_start, t_end, rtol, atol;
    bool reads_tables; /* the command does: adaptive schemes, which have none, are refused */
    /* made of it; parts that are not used stay zero */
    fk_mixture *mixture;
    fk_model *network; /* of score_file */
    fk_schedule schedule;
    fk_chain chain;
    fk_scheme scheme;
    fk_axis axis;
    fk_node_facts *facts; /* of the axis' nodes, where the scheme asks for them */
    fk_plan plan;
    fk_coeffs from, to; /* at the two ends */
} setup;

/* The defaults of all options. */
setup setup_default(void);

/* The rows of these options in a command's table; --steps is the command's own. */
#define SETUP_OPTIONS(s)                                                                             \
    {"mixture", "M", "built-in name or JSON file", FK_OPT_TEXT, &(s).mixture_spec, true},            \
        {"schedule",                                                                                 \
         "S",                                                                                        \
         "noise schedule (default: that of --score, or vp-linear)",                                  \
         FK_OPT_TEXT,                                                                                \
         &(s).schedule_spec,                                                                         \
         false},                                                                                     \
        {"chain",         "C",  "discrete chain, in place of a schedule", FK_OPT_TEXT,               \
         &(s).chain_spec, false},                                                                    \
        {"scheme", "K", "sampler, e.g. euler-maruyama:eta=1", FK_OPT_TEXT, &(s).scheme_spec, true},  \
        {"grid", "G", "time grid (default lambda; chain: trailing)", FK_OPT_TEXT, &(s).grid, false}, \
        {"t-start", "T", "start time (default t_max)", FK_OPT_REAL, &(s).t_start, false},            \
        {"t-end", "T", "end time (default t_min)", FK_OPT_REAL, &(s).t_end, false},                  \
        {"prior",     "P",        "law of the start: exact (default), normal or standard",           \
         FK_OPT_TEXT, &(s).prior, false},                                                            \
        {"final",     "F",        "none (default), or denoise: return x0hat at the end",             \
         FK_OPT_TEXT, &(s).final, false},                                                            \
    {                                                                                                \
        "score", "W",                                                                                \
            "weights of fokker train: its score in place of the exact one, asked by noise level",    \
            FK_OPT_TEXT, &(s).score_file, false                                                      \
    }

/* Make mixture, scheme, axis and plan, after checking the options against one another. */
int setup_make(setup *, fk_error *) FK_CHECKED;
/* Make axis and plan anew for another number of steps; 0: the default. A grid file with another
 * number of steps is refused. */
int setup_remake(setup *, size_t steps, fk_error *) FK_CHECKED;
void setup_free(setup *);

/* The settings, defaults filled in, under the names of the options (mixture_definition: what the
 * mixture is). What the run does not use is left out, or null. */
void setup_record(const setup *, json_t *);
json_t *setup_text(const char *); /* null for NULL */

/* The score that drives the run: the network's, or this mixture's. */
fk_field setup_field(const setup *, const fk_mixture *);
/* The start's standard deviation where it is a centred Gaussian, 0 where it is the marginal. */
double setup_start_std(const setup *);
/* Whether --final denoise was given; and the step that does it, x0hat = (x + sigma^2 score)/s. */
bool setup_denoises(const setup *);
fk_step setup_denoising_step(const setup *);
/* The plan's tables, and behind them the denoising one where it was asked for; to be freed. */
fk_step *setup_steps(const setup *, size_t *n);

#endif
