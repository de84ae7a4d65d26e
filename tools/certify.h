/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker certify: what it found, for the table and for the JSON. */
#ifndef FK_TOOLS_CERTIFY_H
#define FK_TOOLS_CERTIFY_H

#include <stdio.h>

#include "claims/certificate.h"

typedef struct {
    char spec[64];
    fk_subject subject;
    fk_finding *finding;             /* (fk_n_parts) */
    fk_certified order[FK_N_ORDERS]; /* by fk_order_kind */
    bool is_control;
    fk_wrong_scheme wrong; /* of a control */
    bool caught;
} certificate;

/* Whether it has all orders that it claims; of a control, whether it was caught. */
bool certify_holds(const certificate *);

/* `parts`: a line for each part, too. */
void certify_print(FILE *, const certificate *, size_t n, bool parts);
int certify_write_json(const char *path, const certificate *, size_t n, fk_error *) FK_CHECKED;

#endif
