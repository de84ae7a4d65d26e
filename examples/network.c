/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network of `fokker train` in C: its score beside the exact one of its data, on a line.
 *     cc network.c $(pkg-config --cflags --libs fokker) -o network
 *     ./network three.safetensors three-1d 0.3 */
#include <fokker.h>
#include <stdio.h>
#include <stdlib.h>

static int take(char **argv, fk_model **model, fk_mixture **data, double *t, fk_error *err)
{
    char *end;
    int code = fk_weights_read(argv[1], model, err);
    if (!code) code = fk_mixture_read(argv[2], data, err);
    if (code) return code;
    if ((*model)->config.dim != 1 || (*data)->dim != 1)
        return fk_fail(err, FK_USAGE, "this example is for networks and data of dimension 1");
    *t = strtod(argv[3], &end);
    if (end == argv[3] || *end) return fk_fail(err, FK_USAGE, "T '%s': it is no number", argv[3]);
    return fk_schedule_check_usable(&(*model)->schedule, "T", *t, err);
}

int main(int argc, char **argv)
{
    fk_model *model = NULL;
    fk_mixture *data = NULL;
    double t;
    fk_error err = {0};
    const int code = argc == 4
                         ? take(argv, &model, &data, &t, &err)
                         : fk_fail(&err, FK_USAGE, "usage: network WEIGHTS.safetensors MIXTURE T");
    if (code) {
        fprintf(stderr, "network: %s\n", err.text);
        fk_model_free(model), fk_mixture_free(data);
        return code;
    }

    /* the network knows its schedule; a field freezes a noise level, then takes points by the block
     */
    const fk_coeffs at = fk_schedule_at(&model->schedule, t);
    const fk_field field = fk_model_field(model);
    void *frozen = fk_alloc(1, field.frozen_size);
    field.freeze(field.self, at.s, at.sigma, frozen);
    _Alignas(FK_ALIGN) double x[FK_LANES], score[FK_LANES];
    for (size_t i = 0; i < FK_LANES; i++) x[i] = ((double)i - 7.5) / 2;
    field.eval(field.self, frozen, (fk_block){x, FK_LANES, 1, FK_LANES},
               (fk_block){score, FK_LANES, 1, FK_LANES});

    fk_marginal *law = fk_marginal_new(data, at.s, at.sigma);
    puts("x,network,exact");
    for (size_t i = 0; i < FK_LANES; i++) {
        double exact;
        fk_marginal_at(law, &x[i], &(fk_point){.score = &exact});
        printf("%g,%g,%g\n", x[i], score[i], exact);
    }
    const fk_score_error error =
        fk_score_error_at(data, &field, at.s, at.sigma, &(fk_score_rule){0});
    printf("# excess of its eps-loss over the floor: %.9g\n", error.excess);

    fk_marginal_free(law);
    free(frozen);
    fk_model_free(model), fk_mixture_free(data);
    return 0;
}
