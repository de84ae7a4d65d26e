/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate of a scheme: the order that it has, from its step tables under laws that are
 * known without sampling, against the order that it claims. It is made of parts, each one law at
 * one place; a scheme of the registry meets every part that applies to it. */
#ifndef FK_CLAIMS_CERTIFICATE_H
#define FK_CLAIMS_CERTIFICATE_H

#include "claims/series.h"
#include "core/order.h"
#include "core/verdict.h"

/* What is certified. As its author claims it, or as this lab does where nobody has; NAN: nothing is
 * claimed, and what is found is only reported. */
typedef struct {
    fk_scheme scheme;
    double weak, strong;
    double start; /* weak order of a multistep scheme's run that makes its own history; NAN: it is
                     not run so */
} fk_subject;

/* With the claims of the scheme's record. */
fk_subject fk_subject_of(const fk_scheme *);

/* The weak order of a multistep scheme is that of its formula, run from an exact history; that of
 * its self-started run is a claim of its own. */
typedef enum { FK_WEAK_ORDER, FK_STRONG_ORDER, FK_START_ORDER } fk_order_kind;
enum { FK_N_ORDERS = FK_START_ORDER + 1 };

/* A part that bounds can refute an order but not prove it; one that proves can do so, but where it
 * falls short leaves the claim undecided, as its conditions are not necessary. */
typedef enum { FK_DECIDES, FK_BOUNDS, FK_PROVES, FK_REPORTED } fk_part_role;

typedef struct fk_part fk_part;

typedef struct {
    const fk_part *part;
    bool applies; /* else the part has nothing to say about such a scheme */
    bool ran;     /* else `why` tells what stood in the way */
    char why[200];
    fk_series series;    /* empty for algebra */
    char functional[16]; /* the one that speaks for the scheme */
    fk_order order;      /* its order, with the sign of its error */
    bool is_h_log_h;     /* the error is h (C log(1/h) + D): no power fits */
    size_t steps;        /* its finest step count */
    double claim, margin;
    double bias;      /* of the limit law, where the part is to_limit */
    bool is_above;    /* settled at a higher order than claimed, or no error at all */
    fk_status status; /* FK_FAILS: the order is below claim - margin; FK_TEXT: only reported */
} fk_finding;

struct fk_part {
    const char *name; /* "gaussian" */
    fk_order_kind kind;
    fk_part_role role;
    fk_place place;
    fk_start_kind start;
    bool (*applies)(const fk_scheme *);
    int (*series)(const fk_scheme *, const fk_place *, fk_start_kind, size_t coarsest,
                  size_t levels, fk_series *, fk_error *);
    size_t coarsest, levels;
    double (*margin)(double claim);
    double misfit; /* the fit's that an order may have to be settled, or the margin if less: twice
                      what it is known to (core/order.h) */
    bool is_dear;  /* seconds: left out for controls, which the other parts catch */
    bool to_limit; /* errors are against the limit law of a scheme that claims no order, weak 0, and
                      must vanish with order 1 or more */
    /* In the place of a series: the order by the conditions of a tableau or of weights, and their
     * residual at the claim. */
    double (*algebra)(const fk_scheme *, double claim, double *residual);
};
extern const fk_part fk_parts[];
extern const size_t fk_n_parts;

void fk_part_run(const fk_part *, const fk_subject *, fk_finding *);

/* What all the findings (fk_n_parts) say together about one kind of order, against the claim of its
 * parts. A deciding part says
 *     FK_HOLDS      the order has settled within the margin of the claim;
 *                   or, is_above, at a whole order above it (a half one for strong orders), as some
 *                   functionals and fields have it: then another part must decide
 *     FK_FAILS      the order has settled below that
 *     FK_UNDECIDED  the order has not settled, or at none that a scheme could have
 * and together, with the first that is true,
 *     FK_VOID, FK_FAILS   one says so, of those that bound too
 *     FK_UNDECIDED  one says so, or none that decides could run, or all are above the claim
 *     FK_HOLDS      all hold, and one at least at the claim
 *     FK_TEXT       nothing is claimed, or nothing applies */
typedef struct {
    double claim, order;
    const fk_finding *worst; /* the one that the status comes from: of those the one of least order.
                                NULL: nothing ran */
    fk_status status;
} fk_certified;
fk_certified fk_certify(const fk_finding *, fk_order_kind, double claim);

/* Parameters of schemes that deserve a certificate of their own, with this lab's claims. */
typedef struct {
    const char *spec;
    double weak, strong;
} fk_lab_claim;
extern const fk_lab_claim fk_lab_claims[];
extern const size_t fk_n_lab_claims;

/* Mistakes that were published as code, each with what it claims and the lower order that it truly
 * has. The certificate must refuse each, and name that order. */
typedef struct {
    fk_subject subject;
    double weak, strong; /* the true ones; NAN: not at issue */
    const char *mistake;
} fk_wrong_scheme;
extern const size_t fk_n_wrong_schemes;
fk_wrong_scheme fk_wrong_scheme_at(size_t i);

#endif
