/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker chain: a discrete chain at chosen indices (from 0; alpha_bar_i includes beta_i). */
#include <math.h>
#include <stdlib.h>

#include "core/cli.h"
#include "core/table.h"
#include "schedules/chain.h"

static int write_rows(const fk_chain *chain, const fk_indices *index, const char *path,
                      fk_error *err)
{
    for (size_t k = 0; k < index->n; k++)
        if (index->i[k] >= chain->T)
            return fk_fail(err, FK_USAGE, "--index %zu: the indices of %s are 0 to %zu",
                           index->i[k], chain->spec, chain->T - 1);
    fk_csv *csv;
    int status =
        fk_csv_create(path, "i,beta,alpha,alpha_bar,posterior_variance,lambda", NULL, &csv, err);
    if (status) return status;
    for (size_t k = 0; k < index->n; k++) {
        size_t i = index->i[k];
        fk_csv_row(csv,
                   (double[]){(double)i, chain->beta[i], 1 - chain->beta[i],
                              exp(chain->log_alpha_bar[i]), fk_chain_posterior_variance(chain, i),
                              fk_chain_at(chain, (long)i).lambda},
                   6);
    }
    return fk_csv_commit(csv, err);
}

int main(int argc, char **argv)
{
    const char *spec = "ddpm-linear", *out = "-";
    fk_indices index = {NULL, 0};
    const fk_option option[] = {
        {"chain", "C", "the chain, NAME[:key=value,...] (default: ddpm-linear)", FK_OPT_TEXT, &spec,
         false},
        {"index", "I,...", "indices from 0, separated by commas", FK_OPT_INDICES, &index, true},
        {"out", "F", "write here (default: standard output)", FK_OPT_TEXT, &out, false},
        {0},
    };
    const fk_command command = {
        .name = "chain",
        .says =
            "Print a discrete chain as CSV: beta, alpha, alpha_bar, posterior variance, lambda.",
        .example = "fokker chain --chain cosine:T=1000 --index 0,1,999",
        .option = option};
    fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    fk_chain chain;
    int status = fk_chain_parse(spec, &chain, &err);
    if (status == FK_OK) {
        status = write_rows(&chain, &index, out, &err);
        fk_chain_free(&chain);
    }
    free(index.i);
    return status ? fk_cli_report(&err) : FK_OK;
}
