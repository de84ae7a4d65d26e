/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker list: everything that has a name, one line each with its source. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/json.h"
#include "registry.h"

enum { SPEC = 200 };

/* "NAME:key=default,...", as one would type it. */
static void spec_of(const fk_row *row, char text[SPEC])
{
    size_t used = (size_t)snprintf(text, SPEC, "%s", row->name);
    for (const fk_param *p = row->param; p && p->key && used < SPEC; p++) {
        char join = p == row->param ? ':' : ',';
        if (p->choices)
            used += (size_t)snprintf(text + used, SPEC - used, "%c%s=%s", join, p->key, p->choices);
        else
            used += (size_t)snprintf(text + used, SPEC - used, "%c%s=%g", join, p->key, p->value);
    }
}

static void print_listing(const fk_listing *listing, bool heading, FILE *out)
{
    int width = 0;
    char spec[SPEC];
    for (size_t i = 0; i < listing->count(); i++) {
        fk_row row = listing->row(i);
        spec_of(&row, spec);
        int length = (int)strlen(spec);
        if (length > width && length <= 48) width = length; /* longer ones stand out of line */
    }
    if (heading) fprintf(out, "%s\n", listing->name);
    for (size_t i = 0; i < listing->count(); i++) {
        fk_row row = listing->row(i);
        spec_of(&row, spec);
        fprintf(out, "%s%-*s  %s", heading ? "  " : "", width, spec, row.says);
        if (row.source && *row.source) fprintf(out, " [%s]", row.source);
        fputc('\n', out);
    }
}

/* What one kind has beyond a row. */
static void add_details(const fk_listing *listing, size_t i, json_t *object)
{
    if (strcmp(listing->name, "schemes") == 0) {
        const fk_scheme *scheme = fk_registry_scheme(i);
        json_object_set_new(object, "strong_order", fk_json_real(scheme->strong_order));
        json_object_set_new(object, "weak_order", fk_json_real(scheme->weak_order));
        json_object_set_new(object, "strong_order_own", json_boolean(scheme->own & FK_OWN_STRONG));
        json_object_set_new(object, "weak_order_own", json_boolean(scheme->own & FK_OWN_WEAK));
        json_object_set_new(object, "adaptive", json_boolean(scheme->adaptive));
    } else if (strcmp(listing->name, "schedules") == 0) {
        const fk_schedule *s = &fk_schedules[i];
        json_object_set_new(
            object, "domain",
            json_pack("[o, o]", fk_json_real(s->domain[0]), fk_json_real(s->domain[1])));
        json_object_set_new(object, "usable",
                            json_pack("[o, o]", fk_json_real(s->t_min), fk_json_real(s->t_max)));
    }
}

static json_t *parameters(const fk_param *p)
{
    json_t *object = json_object();
    for (; p && p->key; p++) {
        json_t *value;
        if (p->choices) {
            const char *word = p->choices; /* the default is the index of one of the words */
            for (int k = (int)p->value; k > 0 && strchr(word, '|'); k--)
                word = strchr(word, '|') + 1;
            value = json_stringn(word, strcspn(word, "|"));
        } else {
            value = isinf(p->value) ? json_string("inf") : fk_json_real(p->value);
        }
        json_object_set_new(object, p->key, value);
    }
    return object;
}

static void add_listing(const fk_listing *listing, json_t *list)
{
    for (size_t i = 0; i < listing->count(); i++) {
        fk_row row = listing->row(i);
        json_t *object =
            json_pack("{s:s, s:s, s:s, s:s, s:o}", "kind", listing->one, "name", row.name, "says",
                      row.says ? row.says : "", "source", row.source ? row.source : "",
                      "parameters", parameters(row.param));
        add_details(listing, i, object);
        json_array_append_new(list, object);
    }
}

/* Whether a kind was asked for: all are where none is named. */
static bool is_wanted(const fk_cli *cli, const char *name)
{
    for (size_t k = 0; k < cli->n_args; k++)
        if (strcmp(cli->arg[k], name) == 0) return true;
    return cli->n_args == 0;
}

static int check_words(const fk_cli *cli, fk_error *err)
{
    const char *known[16];
    for (size_t i = 0; i < fk_n_registry; i++) known[i] = fk_registry[i].name;
    for (size_t k = 0; k < cli->n_args; k++) {
        bool found = false;
        for (size_t i = 0; i < fk_n_registry; i++)
            found = found || strcmp(cli->arg[k], known[i]) == 0;
        if (found) continue;
        char near[200];
        fk_near_names(cli->arg[k], known, fk_n_registry, near, sizeof near);
        return fk_fail(err, FK_USAGE, "no list '%.60s'; try %s", cli->arg[k], near);
    }
    return FK_OK;
}

static int write_text(const fk_cli *cli, const char *path, fk_error *err)
{
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    for (size_t i = 0; i < fk_n_registry; i++)
        if (is_wanted(cli, fk_registry[i].name))
            print_listing(&fk_registry[i], cli->n_args != 1, fk_file_stream(file));
    return fk_file_commit(file, err);
}

static int write_json(const fk_cli *cli, const char *path, fk_error *err)
{
    json_t *list = json_array();
    for (size_t i = 0; i < fk_n_registry; i++)
        if (is_wanted(cli, fk_registry[i].name)) add_listing(&fk_registry[i], list);
    int status = fk_json_write(path, list, err);
    json_decref(list);
    return status;
}

int main(int argc, char **argv)
{
    bool json = false;
    const char *out = "-";
    const fk_option option[] = {
        {"json", NULL, "an array of objects", FK_OPT_FLAG, &json, false},
        {"out", "F", "write here (default: standard output)", FK_OPT_TEXT, &out, false},
        {0},
    };
    const fk_command command = {
        .name = "list",
        .says = "List what there is, one line each with its source.",
        .example = "fokker list schedules",
        .args = "[schedules|chains|schemes|grids|mixtures|experiments|claims ...]",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    int status = check_words(&cli, &err);
    if (status == FK_OK) status = json ? write_json(&cli, out, &err) : write_text(&cli, out, &err);
    return status ? fk_cli_report(&err) : FK_OK;
}
