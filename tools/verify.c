/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker verify: check the claims, each with its controls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/network.h"
#include "core/cli.h"
#include "core/file.h"
#include "core/names.h"

typedef struct {
    const char *kind, *json, *junit;
    uint64_t seed;
    bool fail_fast;
} wishes;

static const char *const kinds[] = {"exact", "order", "statistical"}; /* as fk_kind */

/* "C29" names the claim of that ID and its further checks, "C29-paths". */
static bool is_meant(const char *word, const char *id)
{
    size_t n = strlen(word);
    return strncmp(word, id, n) == 0 && (id[n] == '\0' || id[n] == '-');
}

static bool is_wanted(const fk_claim *claim, const wishes *w, const fk_cli *cli)
{
    if (w->kind && strcmp(w->kind, kinds[claim->kind]) != 0) return false;
    for (size_t k = 0; k < cli->n_args; k++)
        if (is_meant(cli->arg[k], claim->id)) return true;
    return cli->n_args == 0;
}

static int check_ids(const fk_cli *cli, fk_error *err)
{
    size_t n = fk_n_claims();
    const char **known = fk_alloc(n, sizeof *known);
    for (size_t i = 0; i < n; i++) known[i] = fk_claim_at(i)->id;
    int status = FK_OK;
    for (size_t k = 0; k < cli->n_args && status == FK_OK; k++) {
        bool found = false;
        for (size_t i = 0; i < n; i++) found = found || is_meant(cli->arg[k], known[i]);
        if (found) continue;
        char near[300];
        fk_near_names(cli->arg[k], known, n, near, sizeof near);
        status = fk_fail(err, FK_USAGE, "no claim '%.60s'; try %s", cli->arg[k], near);
    }
    free(known);
    return status;
}

/* Everything that can be wrong is found before the long run. */
static int check(const wishes *w, const fk_cli *cli, size_t *n, fk_error *err)
{
    bool known = !w->kind;
    for (size_t k = 0; k < 3; k++) known = known || strcmp(w->kind, kinds[k]) == 0;
    if (!known)
        return fk_fail(err, FK_USAGE, "--kind is exact, order or statistical, not '%.60s'",
                       w->kind);
    int status = check_ids(cli, err);
    if (status) return status;
    *n = 0;
    for (size_t i = 0; i < fk_n_claims(); i++) *n += is_wanted(fk_claim_at(i), w, cli);
    if (*n == 0) return fk_fail(err, FK_USAGE, "none of these claims is of the kind '%s'", w->kind);
    if (w->json) status = fk_file_probe(w->json, err);
    if (status == FK_OK && w->junit) status = fk_file_probe(w->junit, err);
    return status;
}

static void run(const wishes *w, const fk_cli *cli, size_t n, fk_ledger *ledger)
{
    fk_claim_env env = {.seed = w->seed, .scale = 1, .threads = cli->threads};
    env.networks = fk_networks_new(env.seed, env.threads);
    fk_progress *bar = fk_progress_new("verify", n);
    for (size_t i = 0; i < fk_n_claims(); i++) {
        if (!is_wanted(fk_claim_at(i), w, cli)) continue;
        env.topic = fk_claim_topic(i);
        fk_claim_run(fk_claim_at(i), &env, ledger);
        fk_progress_add(bar, 1);
        if (w->fail_fast && !fk_ledger_holds(ledger)) break;
    }
    fk_progress_free(bar);
    fk_networks_free(env.networks);
}

/* A table of all claims, or at length those that were named, unless a file goes to standard
 * output. */
static int print(const wishes *w, bool at_length, const fk_ledger *ledger, fk_error *err)
{
    if (w->json && strcmp(w->json, "-") == 0) return FK_OK;
    if (w->junit && strcmp(w->junit, "-") == 0) return FK_OK;
    fk_file *out;
    int status = fk_file_create("-", &out, err);
    if (status) return status;
    if (at_length) {
        fk_ledger_print_details(ledger, fk_file_stream(out));
        fputc('\n', fk_file_stream(out));
    } else {
        fk_ledger_print(ledger, fk_file_stream(out));
    }
    fprintf(fk_file_stream(out), "seed %llu: ", (unsigned long long)w->seed);
    fk_ledger_print_tally(ledger, fk_file_stream(out));
    return fk_file_commit(out, err);
}

int main(int argc, char **argv)
{
    wishes w = {.seed = 1};
    const fk_option option[] = {
        {"kind", "KIND", "only these: exact, order or statistical", FK_OPT_TEXT, &w.kind, false},
        {"seed", "U", "the seed of all samples, or random (default: 1)", FK_OPT_SEED, &w.seed,
         false},
        {"fail-fast", NULL, "stop at the first claim that does not hold", FK_OPT_FLAG, &w.fail_fast,
         false},
        {"json", "F", "write the ledger here as JSON", FK_OPT_TEXT, &w.json, false},
        {"junit", "F", "write the ledger here as JUnit XML", FK_OPT_TEXT, &w.junit, false},
        {0},
    };
    const fk_command command = {
        .name = "verify",
        .says = "Check claims of the literature: the right formula must pass and every wrong one, "
                "its controls, must fail at the same margin. Claims that are named are shown at "
                "length: what was printed, what is right, the numbers of both. Exit code 1 where "
                "one does not hold.",
        .example = "fokker verify --kind exact",
        .args = "[ID ...]",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    fk_ledger ledger = {0};
    size_t n = 0;
    int status = check(&w, &cli, &n, &err);
    if (status == FK_OK) {
        run(&w, &cli, n, &ledger);
        status = print(&w, cli.n_args > 0, &ledger, &err);
    }
    if (status == FK_OK && w.json) status = fk_ledger_write_json(&ledger, w.json, &err);
    if (status == FK_OK && w.junit) status = fk_ledger_write_junit(&ledger, w.junit, &err);
    if (status == FK_OK && !fk_ledger_holds(&ledger)) status = FK_REFUTED;
    fk_ledger_free(&ledger);
    return err.code ? fk_cli_report(&err) : status;
}
