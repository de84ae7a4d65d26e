/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts, and claims that carry their controls.
 *
 * A claim is a statement with an ID, a source, an oracle, a margin fixed before the run, and
 * controls: wrong variants on which the same check at the same margin must FAIL. The right variant
 * and every control go through one check function, so a check that cannot fail is found out.
 *
 *     HOLDS      |gap| + 6 se <= margin          gap = observed - expected
 *     FAILS      |gap| - 6 se >  margin
 *     UNDECIDED  otherwise: the run is repeated once with FK_ESCALATION times the samples
 *     VOID       something was NaN
 *
 * A control is caught when its verdict is FAILS; UNDECIDED is not caught.
 *
 * False alarms. A verdict is wrong by chance if the first try decides wrongly or the second does
 * not decide rightly. The room between what is measured and where the verdict changes, r first
 * standard errors, is margin less a sixth for bias where the verdict is HOLDS, and |gap| - margin
 * where it is FAILS. The first try must then be off by r + 6 of its standard errors, or the second
 * by sqrt(FK_ESCALATION) r - 6 of its own. Of statistics in use Kolmogorov's has the heaviest tail
 * there: mean 0.87 and standard deviation 0.26 of sqrt(n) D, P(sqrt(n) D > x) <= 2 exp(-2 x^2). A
 * verdict is the worst of up to FK_COMPARED of them. Each run adds this up over its sampled
 * verdicts and states the sum, which for all claims together is far below 1e-6. */
#ifndef FK_CORE_VERDICT_H
#define FK_CORE_VERDICT_H

#include <stdio.h>

#include "core/base.h"
#include "core/error.h"

enum { FK_ESCALATION = 8, FK_COMPARED = 32 };

typedef enum { FK_HOLDS, FK_FAILS, FK_UNDECIDED, FK_VOID, FK_TEXT, FK_NETWORK } fk_status;
typedef enum { FK_EXACT, FK_ORDER, FK_STATISTICAL } fk_kind;

/* What became of a statement of the literature. One that is false as printed has its printed form
 * as the first control, named "as printed ..", and the check is that of the corrected form; but
 * where what is printed has no value of its own (ill_formed) all controls are other wrong forms. */
typedef enum { FK_TRUE, FK_TRUE_IF, FK_FALSE_AS_PRINTED, FK_APPROXIMATE, FK_WORDING } fk_reading;
const char *fk_reading_name(fk_reading); /* "true", "true under a condition", .. */

typedef struct {
    double observed, expected, margin, se;
    size_t n; /* samples, 0 where nothing was sampled */
    fk_status status;
    bool second; /* whether it is the second try that decided */
} fk_verdict;

fk_verdict fk_judge(double observed, double expected, double margin, double se, size_t n);
const char *fk_status_name(fk_status);

typedef struct {
    uint64_t seed;
    size_t scale;                 /* multiply sample sizes by this: 1, then FK_ESCALATION */
    int threads;                  /* 0: all */
    const void *context;          /* what an experiment measured, for claims about it; else NULL */
    const char *topic;            /* the heading of the claims that are run; may be NULL */
    struct fk_networks *networks; /* of claims/network.h, for claims about trained networks; NULL:
                                     these wait (NETWORK) */
} fk_claim_env;

/* A variant of a formula: the right one, or a wrong one. `which` and `param` are for the check. */
typedef struct {
    const char *name;
    int which;
    double param;
} fk_variant;

enum { FK_MAX_CONTROLS = 6 };

typedef struct fk_claim {
    const char *id, *says, *source;
    fk_kind kind;
    double margin;
    const char *because; /* how the margin was derived */
    /* Observed, expected, se and n of one variant; the runner applies the margin. A check may set
     * the status to FK_TEXT or FK_NETWORK, which then stands; NULL is FK_TEXT, and needs no
     * control. */
    fk_verdict (*check)(const fk_claim_env *, const struct fk_claim *, const fk_variant *);
    fk_variant right;
    fk_variant control[FK_MAX_CONTROLS]; /* ends at the first without a name; at least one */
    fk_reading reading;
    const char *printed;    /* what the source prints, where `says` is something else; else NULL */
    const char *ill_formed; /* false as printed: why that has no value; NULL: control[0] is it */
} fk_claim;

/* A ledger: claims with their verdicts, in the order they were run. */
typedef struct {
    const char *name;
    fk_verdict verdict;
    bool caught;
} fk_control_result;
typedef struct {
    char id[48], says[320];
    const char *topic, *source, *because, *right, *printed, *ill_formed; /* the claim's, or NULL */
    fk_reading reading;
    fk_verdict verdict;
    uint64_t seed;
    size_t n_controls;
    fk_control_result control[FK_MAX_CONTROLS];
    double seconds;
} fk_entry;
typedef struct {
    fk_entry *entry;
    size_t n, capacity;
} fk_ledger;

/* Run a claim: the right variant, then its controls; append the result. Returns whether it HOLDS
 * with every control caught. A claim that holds but misses a control gets the status FAILS. */
bool fk_claim_run(const fk_claim *, const fk_claim_env *, fk_ledger *);

bool fk_entry_holds(const fk_entry *);        /* HOLDS, TEXT or NETWORK */
size_t fk_entry_caught(const fk_entry *);     /* how many of its controls were caught */
bool fk_entry_has_misprint(const fk_entry *); /* whether control[0] is what the source prints */
bool fk_ledger_holds(const fk_ledger *);      /* all of it, TEXT and NETWORK aside */
/* A bound for the probability that any of its statistical verdicts, those of controls among them,
 * is wrong by chance; 0 where nothing was sampled. */
double fk_ledger_false_alarm(const fk_ledger *);
/* A table, one line a claim, and one below it for each control that was not caught; a heading where
 * the topic changes. On a terminal a statement that does not fit its line stands below, in lines
 * that do. */
void fk_ledger_print(const fk_ledger *, FILE *);
/* Each claim at length: what was printed, what is right, the numbers of both, every control. */
void fk_ledger_print_details(const fk_ledger *, FILE *);
/* "23 of 24 claims hold, 60 of 61 controls caught, 2 of wording only, 1 wait for a network; a false
 * alarm: below 1.52e-07". What does not occur is left out. */
void fk_ledger_print_tally(const fk_ledger *, FILE *);
int fk_ledger_write_json(const fk_ledger *, const char *path, fk_error *) FK_CHECKED;
int fk_ledger_write_junit(const fk_ledger *, const char *path, fk_error *) FK_CHECKED;
void fk_ledger_free(fk_ledger *);

#endif
