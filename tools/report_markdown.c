/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markdown by blocks: each line says which block it begins or continues. */
#include "tools/report_markdown.h"

#include <ctype.h>
#include <string.h>

typedef struct {
    const char *at; /* the line that is read next */
    report_text *out;
    report_place place; /* of that line */
    size_t n_headings;
    fk_error *err;
} reader;

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static void next_line(reader *r)
{
    r->at += line_length(r->at);
    r->at += *r->at == '\n';
    r->place.line++;
}

static bool is_blank(const char *line)
{
    return strspn(line, " \t\r") == line_length(line);
}

static bool is_fence(const char *line)
{
    return strncmp(line, "```", 3) == 0;
}

static bool is_item(const char *line)
{
    size_t digits = strspn(line, "0123456789");
    return strncmp(line, "- ", 2) == 0 || (digits && strncmp(line + digits, ". ", 2) == 0);
}

/* A row of a table begins and ends with |. */
static bool is_row(const char *line)
{
    size_t n = line_length(line);
    return n > 1 && line[0] == '|' && line[n - 1] == '|';
}

static bool is_rule(const char *line)
{
    return is_row(line) && strspn(line, "|-: ") == line_length(line);
}

/* What ends a paragraph. */
static bool begins_block(const char *line)
{
    return !*line || is_blank(line) || is_fence(line) || *line == '#' || is_row(line);
}

static int heading(reader *r)
{
    size_t level = strspn(r->at, "#"), skip = level + strspn(r->at + level, " ");
    /* The page has a heading of its own: # is h2 here. */
    report_add(r->out, "<h%zu id=\"notes-%zu\">", level + 1, ++r->n_headings);
    int status =
        report_add_inline(r->out, r->at + skip, line_length(r->at) - skip, r->place, r->err);
    report_add(r->out, "</h%zu>\n", level + 1);
    next_line(r);
    return status;
}

static int fence(reader *r)
{
    bool math = strncmp(r->at, "```math", 7) == 0;
    report_place opened = r->place;
    next_line(r);
    const char *from = r->at;
    report_place place = r->place;
    while (*r->at && !is_fence(r->at)) next_line(r);
    if (!*r->at)
        return fk_fail(r->err, FK_USAGE, "%s:%zu: a ``` is not closed", opened.file, opened.line);
    size_t n = (size_t)(r->at - from);
    int status = FK_OK;
    if (math) {
        report_add(r->out, "<div class=\"wide\">");
        status = report_add_math(r->out, from, n, true, place, r->err);
        report_add(r->out, "</div>\n");
    } else {
        report_add(r->out, "<pre>");
        report_add_escaped(r->out, from, n);
        report_add(r->out, "</pre>\n");
    }
    next_line(r);
    return status;
}

static int row(reader *r, const char *cell)
{
    const char *end = r->at + line_length(r->at) - 1;
    int status = FK_OK;
    report_add(r->out, "<tr>");
    for (const char *from = r->at + 1; from <= end && status == FK_OK;) {
        const char *to = from;
        while (to < end && *to != '|') to += *to == '\\' ? 2 : 1;
        const char *first = from, *last = to;
        while (first < last && *first == ' ') first++;
        while (last > first && last[-1] == ' ') last--;
        report_add(r->out, "<%s>", cell);
        status = report_add_inline(r->out, first, (size_t)(last - first), r->place, r->err);
        report_add(r->out, "</%s>", cell);
        from = to + 1;
        if (from >= end) break;
    }
    report_add(r->out, "</tr>\n");
    next_line(r);
    return status;
}

static int table(reader *r)
{
    report_add(r->out, "<div class=\"wide\"><table><thead>");
    int status = row(r, "th");
    if (status == FK_OK && !is_rule(r->at))
        return fk_fail(r->err, FK_USAGE, "%s:%zu: a table's second line is |---|---|",
                       r->place.file, r->place.line);
    next_line(r);
    report_add(r->out, "</thead><tbody>\n");
    while (status == FK_OK && is_row(r->at)) status = row(r, "td");
    report_add(r->out, "</tbody></table></div>\n");
    return status;
}

/* Lines up to the next block, or the next item. */
static int paragraph(reader *r, bool in_list)
{
    const char *from = r->at;
    report_place place = r->place;
    do next_line(r);
    while (!begins_block(r->at) && !(in_list && is_item(r->at)));
    const char *to = r->at;
    while (to > from && isspace((unsigned char)to[-1])) to--;
    return report_add_inline(r->out, from, (size_t)(to - from), place, r->err);
}

static int list(reader *r)
{
    const char *kind = *r->at == '-' ? "ul" : "ol";
    int status = FK_OK;
    report_add(r->out, "<%s>\n", kind);
    while (status == FK_OK && is_item(r->at)) {
        r->at += strcspn(r->at, " ") + 1;
        report_add(r->out, "<li>");
        status = paragraph(r, true);
        report_add(r->out, "</li>\n");
    }
    report_add(r->out, "</%s>\n", kind);
    return status;
}

int report_add_markdown(report_text *out, const char *text, const char *file, fk_error *err)
{
    reader r = {.at = text, .out = out, .place = {file, 1}, .err = err};
    int status = FK_OK;
    while (*r.at && status == FK_OK) {
        if (is_blank(r.at)) {
            next_line(&r);
        } else if (is_fence(r.at)) {
            status = fence(&r);
        } else if (*r.at == '#') {
            status = heading(&r);
        } else if (is_row(r.at)) {
            status = table(&r);
        } else if (is_item(r.at)) {
            status = list(&r);
        } else {
            report_add(out, "<p>");
            status = paragraph(&r, false);
            report_add(out, "</p>\n");
        }
    }
    return status;
}
