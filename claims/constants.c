/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/constants.h"

#include <math.h>

#include "claims/setting.h"

double fk_error_constant(const fk_scheme *scheme, const fk_place *place)
{
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double scaled[2] = {NAN, NAN};
    for (size_t i = 0; i < 2; i++) {
        fk_trial trial;
        fk_law_record record;
        fk_error err;
        size_t steps = (size_t)160 << i;
        if (fk_trial_new(scheme, place, FK_SELF_START, steps, mix, &trial, &err) != FK_OK) break;
        if (fk_trial_law(scheme, mix, &trial, NULL, &record, &err) == FK_OK)
            scaled[i] = (double)steps * record.w1;
        fk_trial_free(&trial);
    }
    fk_mixture_free(mix);
    return 2 * scaled[1] - scaled[0];
}
