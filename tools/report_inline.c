/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markdown within a paragraph or a cell. */
#include <ctype.h>
#include <string.h>

#include "tools/report_markdown.h"

typedef struct {
    const char *text, *at, *end;
    report_text *out;
    report_place place;
    bool em, strong;
} inline_parser;

/* The next `mark` that no backslash stands before, or NULL. */
static const char *find(const char *at, const char *end, char mark)
{
    for (; at < end; at++) {
        if (*at == '\\' && mark != '`')
            at++;
        else if (*at == mark)
            return at;
    }
    return NULL;
}

static void count_lines(inline_parser *p, const char *to)
{
    for (const char *c = p->at; c < to; c++) p->place.line += *c == '\n';
}

static int add_math(inline_parser *p, const char *close, fk_error *err)
{
    int status =
        report_add_math(p->out, p->at + 1, (size_t)(close - p->at - 1), false, p->place, err);
    count_lines(p, close);
    p->at = close + 1;
    return status;
}

/* `..`; a \| is the | of a table's cell. */
static void add_code(inline_parser *p, const char *close)
{
    report_add(p->out, "<code>");
    for (const char *c = p->at + 1; c < close; c++)
        if (!(*c == '\\' && c[1] == '|')) report_add_escaped(p->out, c, 1);
    report_add(p->out, "</code>");
    count_lines(p, close);
    p->at = close + 1;
}

/* A run of one or two stars opens before a word that does not continue one, and closes after one.
 */
static bool add_stars(inline_parser *p)
{
    size_t n = p->at + 1 < p->end && p->at[1] == '*' ? 2 : 1;
    bool *open = n == 2 ? &p->strong : &p->em;
    const char *name = n == 2 ? "strong" : "em", *next = p->at + n;
    bool after_word = p->at > p->text && isalnum((unsigned char)p->at[-1]);
    bool after_space = p->at == p->text || isspace((unsigned char)p->at[-1]);
    bool before_space = next == p->end || isspace((unsigned char)*next);
    if (*open ? after_space : after_word || before_space) return false;
    report_add(p->out, *open ? "</%s>" : "<%s>", name);
    *open = !*open;
    p->at = next;
    return true;
}

int report_add_inline(report_text *out, const char *text, size_t n, report_place place,
                      fk_error *err)
{
    inline_parser p = {.text = text, .at = text, .end = text + n, .out = out, .place = place};
    while (p.at < p.end) {
        const char *close;
        if (*p.at == '\\' && p.at + 1 < p.end && ispunct((unsigned char)p.at[1])) {
            report_add_escaped(out, p.at + 1, 1);
            p.at += 2;
        } else if (*p.at == '`' && (close = find(p.at + 1, p.end, '`'))) {
            add_code(&p, close);
        } else if (*p.at == '$' && (close = find(p.at + 1, p.end, '$'))) {
            int status = add_math(&p, close, err);
            if (status) return status;
        } else if (*p.at == '$' || *p.at == '`') {
            return fk_fail(err, FK_USAGE, "%s:%zu: a %c is not closed", place.file, p.place.line,
                           *p.at);
        } else if (*p.at != '*' || !add_stars(&p)) {
            p.place.line += *p.at == '\n';
            report_add_escaped(out, p.at++, 1);
        }
    }
    if (p.em || p.strong)
        return fk_fail(err, FK_USAGE, "%s:%zu: a %s is not closed; \\* is a star", place.file,
                       place.line, p.strong ? "**" : "*");
    return FK_OK;
}
