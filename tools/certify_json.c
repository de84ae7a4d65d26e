/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <math.h>

#include "core/json.h"
#include "tools/certify.h"

static void set_real(json_t *to, const char *key, double value)
{
    json_object_set_new(to, key, fk_json_real(value));
}

static void set_text(json_t *to, const char *key, const char *text)
{
    json_object_set_new(to, key, json_string(text));
}

/* Errors against step counts, by functional. */
static json_t *series_json(const fk_series *s)
{
    json_t *all = json_object(), *steps = json_array(), *evaluations = json_array();
    for (size_t i = 0; i < s->levels; i++) {
        json_array_append_new(steps, json_integer((json_int_t)s->steps[i]));
        json_array_append_new(evaluations, json_integer((json_int_t)s->evaluations[i]));
    }
    json_object_set_new(all, "steps", steps);
    json_object_set_new(all, "evaluations", evaluations);
    for (size_t f = 0; f < s->functionals; f++) {
        json_t *error = json_array();
        for (size_t i = 0; i < s->levels; i++)
            json_array_append_new(error, fk_json_real(s->error[f][i]));
        json_object_set_new(all, s->name[f], error);
    }
    return all;
}

static json_t *part_json(const fk_finding *f)
{
    const fk_part *p = f->part;
    json_t *out = json_object();
    set_text(out, "part", p->name);
    static const char *const kinds[] = {"weak", "strong", "start"};
    set_text(out, "kind", kinds[p->kind]);
    static const char *const roles[] = {[FK_DECIDES] = "decides",
                                        [FK_BOUNDS] = "bounds",
                                        [FK_PROVES] = "proves",
                                        [FK_REPORTED] = "reported"};
    set_text(out, "role", roles[p->role]);
    if (p->algebra) {
        set_real(out, "order", f->order.p);
        set_real(out, "residual", f->order.error);
        set_text(out, "status", fk_status_name(f->status));
        return out;
    }
    set_text(out, "schedule", p->place.schedule);
    set_text(out, "grid", p->place.grid);
    set_real(out, "lambda_start", p->place.lambda);
    set_real(out, "t_end", p->place.t_end);
    set_text(out, "start", p->start == FK_EXACT_START ? "exact" : "self");
    if (!f->ran) {
        set_text(out, "not_run", f->why);
        return out;
    }
    set_real(out, "claim", f->claim);
    set_real(out, "margin", f->margin);
    set_real(out, "order", f->order.p);
    json_object_set_new(out, "settled", json_boolean(f->order.state != FK_ORDER_UNSETTLED));
    json_object_set_new(out, "above_claim", json_boolean(f->is_above));
    if (p->to_limit) set_real(out, "limit_bias", f->bias);
    json_object_set_new(out, "h_log_h", json_boolean(f->is_h_log_h));
    json_object_set_new(out, "exact", json_boolean(f->order.state == FK_ORDER_VANISHED));
    json_object_set_new(
        out, "slopes",
        json_pack("[oo]", fk_json_real(f->order.slope[0]), fk_json_real(f->order.slope[1])));
    set_real(out, "misfit", f->order.residual);
    set_text(out, "functional", f->functional);
    set_real(out, "error", f->order.error);
    json_object_set_new(out, "steps", json_integer((json_int_t)f->steps));
    set_text(out, "status", fk_status_name(f->status));
    json_object_set_new(out, "series", series_json(&f->series));
    return out;
}

/* own: the claim is this lab's, not a paper's. */
static json_t *certified_json(const fk_certified *c, bool own)
{
    json_t *out = json_object();
    set_real(out, "claim", c->claim);
    json_object_set_new(out, "own_claim", json_boolean(own && !isnan(c->claim)));
    set_real(out, "order", c->order);
    json_object_set_new(out, "exact", json_boolean(isinf(c->order)));
    set_text(out, "status", fk_status_name(c->status));
    return out;
}

static json_t *certificate_json(const certificate *c)
{
    json_t *out = json_object(), *parts = json_array();
    set_text(out, "scheme", c->spec);
    if (c->is_control) {
        set_text(out, "mistake", c->wrong.mistake);
        set_real(out, "true_weak_order", c->wrong.weak);
        set_real(out, "true_strong_order", c->wrong.strong);
        json_object_set_new(out, "caught", json_boolean(c->caught));
    } else {
        set_text(out, "source", c->subject.scheme.row.source);
    }
    const unsigned own = c->subject.scheme.own;
    json_object_set_new(out, "weak", certified_json(&c->order[FK_WEAK_ORDER], own & FK_OWN_WEAK));
    json_object_set_new(out, "start", certified_json(&c->order[FK_START_ORDER], true));
    json_object_set_new(out, "strong",
                        certified_json(&c->order[FK_STRONG_ORDER], own & FK_OWN_STRONG));
    for (size_t k = 0; k < fk_n_parts; k++)
        if (c->finding[k].applies) json_array_append_new(parts, part_json(&c->finding[k]));
    json_object_set_new(out, "parts", parts);
    return out;
}

int certify_write_json(const char *path, const certificate *list, size_t n, fk_error *err)
{
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(all, certificate_json(&list[i]));
    int status = fk_json_write(path, all, err);
    json_decref(all);
    return status;
}
