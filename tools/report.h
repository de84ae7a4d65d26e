/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker report: one page from a ledger, figures and notes. The page is XHTML that an HTML
 * parser reads as well: every element is closed, & and < are written as entities. */
#ifndef FK_TOOLS_REPORT_H
#define FK_TOOLS_REPORT_H

#include "core/base.h"
#include "core/json.h"

/* A text that grows; `at` ends with a zero, is freed with free(), and NULL while n is 0. */
typedef struct {
    char *at;
    size_t n, room;
} report_text;

void report_add(report_text *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_add_bytes(report_text *, const char *bytes, size_t n);
/* The same with &, <, > and " as entities. */
void report_add_escaped(report_text *, const char *bytes, size_t n);
void report_insert(report_text *, size_t where, const char *words);      /* where <= n */
int report_read(const char *path, report_text *, fk_error *) FK_CHECKED; /* a whole file */

/* Where a piece of text stands, for messages. */
typedef struct {
    const char *file;
    size_t line; /* from 1 */
} report_place;

/* LaTeX, without its dollars, to a <math> element. Fractions, roots, scripts and limits, accents,
 * fences, Greek, named functions and the symbols of report_symbols.c; FK_USAGE with the place where
 * a command is unknown or braces do not match. */
int report_add_math(report_text *, const char *tex, size_t n, bool display, report_place,
                    fk_error *) FK_CHECKED;

/* What a LaTeX command stands for. */
typedef enum {
    REPORT_LETTER,   /* <mi>, `text` */
    REPORT_OPERATOR, /* <mo> */
    REPORT_LARGE,    /* <mo> whose scripts are limits in display */
    REPORT_FUNCTION, /* log: upright, and a thin space before its argument */
    REPORT_LIMIT,    /* max: as a function, its subscript a limit in display */
    REPORT_ACCENT,   /* over its argument */
    REPORT_FENCE,    /* | of a norm: no space around */
    REPORT_SPACE,    /* `text` is the width */
    REPORT_UPRIGHT,  /* \mathrm{..}: its argument as a word */
    REPORT_WORDS,    /* \text{..}: its argument as it stands */
    REPORT_DOUBLE,   /* \mathbb */
    REPORT_FRACTION,
    REPORT_ROOT,
    REPORT_LEFT
} report_role;
typedef struct {
    const char *name; /* without the backslash */
    report_role role;
    const char *text;
} report_symbol;
const report_symbol *report_symbol_find(const char *name, size_t n); /* NULL: unknown */

/* Markdown as paper_notes.md uses it: # headings, paragraphs, lists, tables, fenced blocks (```math
 * is a displayed equation), `code`, *emphasis*, **strength**, $math$, backslash escapes. A heading
 * gets the id "notes-N", N from 1. */
int report_add_markdown(report_text *, const char *text, const char *file, fk_error *) FK_CHECKED;

/* An SVG file inline, its ids made unique by `prefix`; FK_USAGE where it refers to a file. */
int report_add_svg(report_text *, const char *path, const char *prefix, fk_error *) FK_CHECKED;

/* The verdicts by topic, a table each, controls folded; and what one line says of all of them. */
void report_add_ledger(report_text *, const json_t *ledger);
void report_add_tally(report_text *, const json_t *ledger);

/* The figures of every experiment that stands below `folder`, and how to make the missing. */
int report_add_figures(report_text *, const char *folder, fk_error *) FK_CHECKED;

#endif
