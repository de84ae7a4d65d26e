/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that has a name, of all rooms: what `fokker list` prints and what tools look up. */
#ifndef FK_REGISTRY_H
#define FK_REGISTRY_H

#include "schedules/scheme.h"

/* One kind of thing: "schedules", and how one of them is called. */
typedef struct {
    const char *name, *one;
    size_t (*count)(void);
    fk_row (*row)(size_t i);
} fk_listing;

/* schedules, chains, schemes, grids, mixtures, experiments, claims: in this order. */
extern const fk_listing fk_registry[];
extern const size_t fk_n_registry;

/* The schemes of sde/ and ode/ in one order; i below the count of the listing "schemes". */
const fk_scheme *fk_registry_scheme(size_t i);
/* A scheme by its spec, from both. */
int fk_registry_parse_scheme(const char *spec, fk_scheme *scheme, fk_error *err) FK_CHECKED;

/* The experiments that there are: the question each answers, and whose it is. */
extern const fk_row fk_experiments[];
extern const size_t fk_n_experiments;

#endif
