/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker certify: claimed against certified orders. */
#include "tools/certify.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/file.h"
#include "registry.h"

typedef struct {
    const char *json;
    bool all, parts;
} wishes;

/* Whether a spec, however written, means this scheme with these parameters. */
static bool means(const char *spec, const fk_scheme *scheme)
{
    fk_scheme other;
    fk_error err;
    if (fk_registry_parse_scheme(spec, &other, &err) != FK_OK) return false;
    if (strcmp(other.row.name, scheme->row.name) != 0) return false;
    for (size_t i = 0; scheme->row.param && scheme->row.param[i].key; i++)
        if (other.param[i] != scheme->param[i]) return false;
    return true;
}

static certificate named(const char *spec, fk_scheme scheme)
{
    for (size_t i = 0; i < fk_n_lab_claims; i++)
        if (means(fk_lab_claims[i].spec, &scheme)) {
            scheme.weak_order = fk_lab_claims[i].weak;
            scheme.strong_order = fk_lab_claims[i].strong;
        }
    certificate c = {.subject = fk_subject_of(&scheme)};
    snprintf(c.spec, sizeof c.spec, "%s", spec);
    return c;
}

static int add(const char *spec, certificate *list, size_t *n, fk_error *err)
{
    fk_scheme scheme;
    int status = fk_registry_parse_scheme(spec, &scheme, err);
    if (status != FK_OK) return status;
    if (scheme.adaptive)
        return fk_fail(err, FK_USAGE,
                       "scheme '%s' chooses its own steps: its error follows --rtol, and it has no "
                       "order to certify",
                       spec);
    list[(*n)++] = named(spec, scheme);
    return FK_OK;
}

static size_t count_schemes(void)
{
    size_t n = 0;
    while (strcmp(fk_registry[n].name, "schemes") != 0) n++;
    return fk_registry[n].count();
}

/* All of the registry, with both starts where there are two, the lab's own claims, the controls. */
static int add_all(certificate *list, size_t *n, fk_error *err)
{
    int status = FK_OK;
    for (size_t i = 0; i < count_schemes() && status == FK_OK; i++) {
        const fk_scheme *scheme = fk_registry_scheme(i);
        if (scheme->adaptive) continue;
        status = add(scheme->row.name, list, n, err);
        if (status != FK_OK || fk_scheme_param(scheme, "start") == FK_MAX_PARAMS) continue;
        char matched[64];
        snprintf(matched, sizeof matched, "%s:start=matched", scheme->row.name);
        status = add(matched, list, n, err);
    }
    for (size_t i = 0; i < fk_n_lab_claims && status == FK_OK; i++)
        status = add(fk_lab_claims[i].spec, list, n, err);
    for (size_t i = 0; i < fk_n_wrong_schemes && status == FK_OK; i++) {
        fk_wrong_scheme wrong = fk_wrong_scheme_at(i);
        certificate *c = &list[(*n)++];
        *c = (certificate){.subject = wrong.subject, .is_control = true, .wrong = wrong};
        snprintf(c->spec, sizeof c->spec, "%s", wrong.subject.scheme.row.name);
    }
    return status;
}

/* A control is caught where the claim is refuted and the true order, if at issue, is named. */
static bool is_caught(const fk_certified *c, double truth)
{
    if (isnan(truth)) return true;
    return c->status == FK_FAILS && fabs(c->order - truth) <= c->worst->margin;
}

/* Every part of every scheme is a task of its own; each has its place, so that the result does not
 * depend on the threads. */
static void run(certificate *list, size_t n, int threads)
{
    const size_t tasks = n * fk_n_parts;
    fk_progress *bar = fk_progress_new("certify", tasks);
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(threads > 0 ? threads : omp_get_max_threads())
    for (size_t k = 0; k < tasks; k++) {
        certificate *c = &list[k / fk_n_parts];
        const fk_part *part = &fk_parts[k % fk_n_parts];
        if (!(c->is_control && part->is_dear))
            fk_part_run(part, &c->subject, &c->finding[k % fk_n_parts]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    for (size_t i = 0; i < n; i++) {
        certificate *c = &list[i];
        const fk_subject *s = &c->subject;
        c->order[FK_WEAK_ORDER] = fk_certify(c->finding, FK_WEAK_ORDER, s->weak);
        c->order[FK_STRONG_ORDER] = fk_certify(c->finding, FK_STRONG_ORDER, s->strong);
        c->order[FK_START_ORDER] = fk_certify(c->finding, FK_START_ORDER, s->start);
        c->caught = c->is_control && is_caught(&c->order[FK_WEAK_ORDER], c->wrong.weak) &&
                    is_caught(&c->order[FK_STRONG_ORDER], c->wrong.strong);
    }
}

bool certify_holds(const certificate *c)
{
    if (c->is_control) return c->caught;
    for (size_t k = 0; k < FK_N_ORDERS; k++)
        if (c->order[k].status != FK_HOLDS && c->order[k].status != FK_TEXT) return false;
    return true;
}

int main(int argc, char **argv)
{
    wishes w = {0};
    const fk_option option[] = {
        {"all", NULL, "every scheme, then the controls", FK_OPT_FLAG, &w.all, false},
        {"parts", NULL, "with --all too, a line for each law and place", FK_OPT_FLAG, &w.parts,
         false},
        {"json", "F", "write everything here as JSON", FK_OPT_TEXT, &w.json, false},
        {0},
    };
    const fk_command command = {
        .name = "certify",
        .says =
            "Certify weak and strong orders of schemes by exact laws of their step tables: what "
            "they have against what they claim. Exit code 1 where a claim is not "
            "reached.",
        .example = "fokker certify heun sra1 dpmpp-3m-sde:eta2=0.5",
        .args = "[K ...]",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    size_t n = 0, most = cli.n_args + 2 * count_schemes() + fk_n_lab_claims + fk_n_wrong_schemes;
    certificate *list = fk_alloc(most, sizeof *list);
    int status = FK_OK;
    if (cli.n_args == 0 && !w.all)
        status = fk_fail(&err, FK_USAGE, "name schemes, such as heun or sra1, or give --all");
    for (size_t i = 0; i < cli.n_args && status == FK_OK && !w.all; i++)
        status = add(cli.arg[i], list, &n, &err);
    if (status == FK_OK && w.all) status = add_all(list, &n, &err);
    if (status == FK_OK && w.json) status = fk_file_probe(w.json, &err);
    if (status == FK_OK) {
        fk_finding *finding = fk_alloc(n * fk_n_parts, sizeof *finding);
        for (size_t i = 0; i < n; i++) list[i].finding = finding + i * fk_n_parts;
        run(list, n, cli.threads);
        if (!w.json || strcmp(w.json, "-") != 0) certify_print(stdout, list, n, w.parts || !w.all);
        if (w.json) status = certify_write_json(w.json, list, n, &err);
        for (size_t i = 0; i < n && status == FK_OK; i++)
            if (!certify_holds(&list[i])) status = FK_REFUTED;
        free(finding);
    }
    free(list);
    return err.code ? fk_cli_report(&err) : status;
}
