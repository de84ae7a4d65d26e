/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of the experiments, inline. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "registry.h"
#include "tools/report.h"

/* Whether a name stands behind `at`, and where what it names begins: id="X", href="#X", url(#X). */
static size_t name_at(const char *at)
{
    static const char *const before[] = {" id=\"", " id='",  "href=\"#", "href='#",
                                         "url(#",  "url('#", "url(\"#"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (strncmp(at, before[i], strlen(before[i])) == 0) return strlen(before[i]);
    return 0;
}

/* A reference to a file; what is inside the page or in the text itself is none. */
static bool is_reference(const char *at)
{
    if (strncmp(at, "href=", 5) == 0)
        return at[5] && at[6] != '#' && strncmp(at + 6, "data:", 5) != 0;
    if (strncmp(at, "url(", 4) == 0) {
        size_t quote = at[4] == '\'' || at[4] == '"';
        return at[4 + quote] != '#' && strncmp(at + 4 + quote, "data:", 5) != 0;
    }
    return strncmp(at, "<script", 7) == 0 || strncmp(at, "<!ENTITY", 8) == 0;
}

int report_add_svg(report_text *out, const char *path, const char *prefix, fk_error *err)
{
    report_text svg = {0};
    int status = report_read(path, &svg, err);
    const char *at = status == FK_OK ? strstr(svg.at, "<svg") : NULL;
    if (status == FK_OK && !at) status = fk_fail(err, FK_USAGE, "%s: holds no <svg>", path);
    while (status == FK_OK && *at) {
        size_t n = name_at(at);
        if (n) {
            report_add_bytes(out, at, n);
            report_add(out, "%s", prefix);
            at += n;
        } else if (is_reference(at)) {
            status =
                fk_fail(err, FK_USAGE, "%s: refers to a file or holds a script: %.40s", path, at);
        } else {
            n = 1 + strcspn(at + 1, " hu<");
            report_add_bytes(out, at, n);
            at += n;
        }
    }
    free(svg.at);
    return status;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum { MOST_FIGURES = 64 };

/* The names of a folder's .svg files in order; none where there is no such folder. */
static size_t list_figures(const char *folder, char *name[MOST_FIGURES])
{
    DIR *dir = opendir(folder);
    size_t n = 0;
    for (struct dirent *e; dir && n < MOST_FIGURES && (e = readdir(dir));)
        if (e->d_name[0] != '.' && fk_path_has_ending(e->d_name, "svg"))
            name[n++] = fk_strdup(e->d_name);
    if (dir) closedir(dir);
    qsort(name, n, sizeof *name, compare);
    return n;
}

static int add_folder(report_text *out, const char *folder, const char *name, const char *says,
                      const char *how, fk_error *err)
{
    char *place = fk_path_join(folder, name), *file[MOST_FIGURES];
    size_t n = list_figures(place, file);
    int status = FK_OK;
    report_add(out, "<h3 id=\"figures-%s\">%s</h3>\n<p>", name, name);
    report_add_escaped(out, says, strlen(says));
    report_add(out, n ? "</p>\n" : " Not there yet: <code>%s</code> draws it.</p>\n", how);
    for (size_t i = 0; i < n && status == FK_OK; i++) {
        char prefix[80];
        snprintf(prefix, sizeof prefix, "%.40s-%zu-", name, i);
        char *path = fk_path_join(place, file[i]);
        report_add(out, "<figure>");
        status = report_add_svg(out, path, prefix, err);
        report_add(out, "<figcaption>%s</figcaption></figure>\n", file[i]);
        free(path);
    }
    for (size_t i = 0; i < n; i++) free(file[i]);
    free(place);
    return status;
}

int report_add_figures(report_text *out, const char *folder, fk_error *err)
{
    int status = FK_OK;
    for (size_t i = 0; i < fk_n_experiments && status == FK_OK; i++) {
        const fk_row *e = &fk_experiments[i];
        char how[120];
        snprintf(how, sizeof how, "fokker %s", e->name);
        status = add_folder(out, folder, e->name, e->says, how, err);
    }
    if (status) return status;
    return add_folder(out, folder, "demos", "What a student would write first.", "make demos", err);
}
