/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooted trees are built by grafting: every tree of n nodes is a smaller tree with one more subtree
 * at its root. Subtrees are grafted in descending number, so that each tree comes exactly once. For
 * a tree with subtrees t_1 .. t_m (Hairer, Norsett and Wanner 1993, definitions II.2.9 and II.2.10)
 *     Phi_i = prod_m (sum_j a_ij Phi_j(t_m)),   gamma = (number of nodes) prod_m gamma(t_m). */
#include "schedules/butcher.h"

#include <assert.h>
#include <math.h>

enum { MOST_TREES = 37 }; /* 1 + 1 + 2 + 4 + 9 + 20 */

typedef struct {
    size_t nodes, last; /* last: the number of the subtree grafted last */
    double subtree_gammas, phi[FK_MAX_STAGES];
} tree;

static double gamma_of(const tree *t)
{
    return (double)t->nodes * t->subtree_gammas;
}

static tree graft(const fk_butcher *rk, const tree *root, const tree *branch, size_t number)
{
    tree t = {.nodes = root->nodes + branch->nodes,
              .last = number,
              .subtree_gammas = root->subtree_gammas * gamma_of(branch)};
    for (size_t i = 0; i < rk->stages; i++) {
        double inner = 0;
        for (size_t j = 0; j < i; j++) inner += rk->a[i][j] * branch->phi[j];
        t.phi[i] = root->phi[i] * inner;
    }
    return t;
}

/* All trees of up to `order` nodes, by their number of nodes. */
static size_t grow(const fk_butcher *rk, size_t order, tree *t)
{
    size_t n = 1;
    t[0] = (tree){.nodes = 1, .last = MOST_TREES, .subtree_gammas = 1};
    for (size_t i = 0; i < rk->stages; i++) t[0].phi[i] = 1;
    for (size_t nodes = 2; nodes <= order; nodes++) {
        size_t smaller = n;
        for (size_t root = 0; root < smaller; root++)
            for (size_t branch = 0; branch < smaller && branch <= t[root].last; branch++)
                if (t[root].nodes + t[branch].nodes == nodes)
                    t[n++] = graft(rk, &t[root], &t[branch], branch);
    }
    assert(n <= MOST_TREES);
    return n;
}

double fk_butcher_residual(const fk_butcher *rk, size_t order)
{
    assert(order >= 1 && order <= FK_MAX_TREE_ORDER && rk->stages <= FK_MAX_STAGES);
    tree t[MOST_TREES];
    size_t n = grow(rk, order, t);
    double worst = 0;
    for (size_t k = 0; k < n; k++) {
        if (t[k].nodes != order) continue;
        double sum = -1 / gamma_of(&t[k]);
        for (size_t i = 0; i < rk->stages; i++) sum += rk->b[i] * t[k].phi[i];
        fk_worst(&worst, fabs(sum));
    }
    for (size_t i = 0; i < rk->stages; i++) {
        double sum = -rk->c[i];
        for (size_t j = 0; j < i; j++) sum += rk->a[i][j];
        fk_worst(&worst, fabs(sum));
    }
    return worst;
}

size_t fk_butcher_trees(size_t order)
{
    assert(order >= 1 && order <= FK_MAX_TREE_ORDER);
    const fk_butcher none = {.stages = 0};
    tree t[MOST_TREES];
    size_t n = grow(&none, order, t), count = 0;
    for (size_t k = 0; k < n; k++) count += t[k].nodes == order;
    return count;
}
