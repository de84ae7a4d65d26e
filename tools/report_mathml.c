/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LaTeX to MathML by recursive descent. What is read goes straight to the page; where a script
 * follows, its element is put around what stands there already. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report.h"

typedef struct {
    const char *at, *end;
    report_text *out;
    bool display;
    bool after_operand; /* else a sign is a prefix, with no space behind it */
    report_place place;
    fk_error *err;
} parser;

static int row(parser *, char stop);

static int wrong(const parser *p, const char *what, const char *name, size_t n)
{
    return fk_fail(p->err, FK_USAGE, "%s:%zu: %s%.*s", p->place.file, p->place.line, what, (int)n,
                   name);
}

static void skip_space(parser *p)
{
    for (; p->at < p->end && isspace((unsigned char)*p->at); p->at++)
        p->place.line += *p->at == '\n';
}

static bool is_next(parser *p, char c)
{
    skip_space(p);
    return p->at < p->end && *p->at == c;
}

static bool is_word_next(parser *p, const char *word)
{
    skip_space(p);
    size_t n = strlen(word);
    return (size_t)(p->end - p->at) >= n && strncmp(p->at, word, n) == 0;
}

/* The name behind a backslash: letters, or one other character. */
static size_t name_length(const parser *p)
{
    size_t n = 0, most = (size_t)(p->end - p->at);
    while (n < most && isalpha((unsigned char)p->at[n])) n++;
    return n ? n : most > 0;
}

/* {..} as it stands. */
static int words(parser *p, const char **from, size_t *n)
{
    if (!is_next(p, '{')) return wrong(p, "a word in {} must follow here", "", 0);
    const char *close = memchr(p->at, '}', (size_t)(p->end - p->at));
    if (!close) return wrong(p, "a { has no }", "", 0);
    *from = p->at + 1;
    *n = (size_t)(close - *from);
    p->at = close + 1;
    return FK_OK;
}

/* ∁ to 𝔸: the plane of mathematical letters, but for seven that were there before it. */
static void add_double(report_text *out, char c)
{
    static const struct {
        char letter;
        unsigned code;
    } old[] = {{'C', 0x2102}, {'H', 0x210D}, {'N', 0x2115}, {'P', 0x2119},
               {'Q', 0x211A}, {'R', 0x211D}, {'Z', 0x2124}};
    unsigned code = 0x1D538 + (unsigned)(c - 'A');
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (old[i].letter == c) code = old[i].code;
    report_add(out, "<mi>&#x%X;</mi>", code);
}

static int element(parser *, bool *is_function, bool *has_limits);

/* An argument: a group or one element. */
static int argument(parser *p)
{
    bool ignored;
    skip_space(p);
    p->after_operand = false;
    if (p->at == p->end || *p->at == '}') return wrong(p, "an argument is missing", "", 0);
    if (isdigit((unsigned char)*p->at)) { /* \frac12 is a half */
        report_add(p->out, "<mn>%c</mn>", *p->at++);
        p->after_operand = true;
        return FK_OK;
    }
    return element(p, &ignored, &ignored);
}

/* One delimiter behind \left or \right; "." is none. */
static int delimiter(parser *p, const char *form)
{
    skip_space(p);
    if (p->at == p->end) return wrong(p, "a delimiter is missing", "", 0);
    char plain[8] = {*p->at++, 0};
    const char *text = plain;
    if (*plain == '\\') {
        size_t n = name_length(p);
        const report_symbol *s = report_symbol_find(p->at, n);
        if (!s) return wrong(p, "unknown delimiter \\", p->at, n);
        p->at += n;
        text = s->text;
    } else if (!strchr("()[]|./", *plain)) {
        return wrong(p, "not a delimiter: ", plain, 1);
    }
    if (*plain != '.')
        report_add(p->out, "<mo form=\"%s\" fence=\"true\" stretchy=\"true\">%s</mo>", form, text);
    return FK_OK;
}

static int fenced(parser *p)
{
    report_add(p->out, "<mrow>");
    int status = delimiter(p, "prefix");
    p->after_operand = false;
    if (status == FK_OK) status = row(p, 'r');
    if (status == FK_OK) status = delimiter(p, "postfix");
    report_add(p->out, "</mrow>");
    p->after_operand = true;
    return status;
}

static int accent(parser *p, const char *sign)
{
    report_add(p->out, "<mover accent=\"true\">");
    int status = argument(p);
    report_add(p->out, "<mo stretchy=\"false\">%s</mo></mover>", sign);
    return status;
}

static int fraction(parser *p)
{
    report_add(p->out, "<mfrac>");
    int status = argument(p);
    if (status == FK_OK) status = argument(p);
    report_add(p->out, "</mfrac>");
    return status;
}

static int root(parser *p)
{
    report_add(p->out, "<msqrt>");
    int status = argument(p);
    report_add(p->out, "</msqrt>");
    return status;
}

static int word(parser *p, const report_symbol *s)
{
    const char *from = "";
    size_t n = 0;
    int status = words(p, &from, &n);
    if (status) return status;
    if (s->role == REPORT_DOUBLE) {
        if (n != 1 || !isupper((unsigned char)*from))
            return wrong(p, "\\mathbb takes one capital, not ", from, n);
        add_double(p->out, *from);
        return FK_OK;
    }
    bool is_text = s->role == REPORT_WORDS;
    report_add(p->out, is_text ? "<mtext>" : "<mi mathvariant=\"normal\">");
    for (size_t i = 0; i < n; i++) {
        if (from[i] == ' ')
            report_add(p->out, "&#xA0;"); /* a space at the end would be dropped */
        else
            report_add_escaped(p->out, from + i, 1);
    }
    report_add(p->out, is_text ? "</mtext>" : "</mi>");
    return FK_OK;
}

static void add_operator(parser *p, const char *text)
{
    bool sign = strcmp(text, "−") == 0 || strcmp(text, "+") == 0;
    report_add(p->out, "<mo%s stretchy=\"false\">%s</mo>",
               sign && !p->after_operand ? " form=\"prefix\"" : "", text);
}

static int command(parser *p, bool *is_function, bool *has_limits)
{
    size_t n = name_length(p);
    const report_symbol *s = report_symbol_find(p->at, n);
    if (!s) return wrong(p, "unknown LaTeX command \\", p->at, n);
    p->at += n;
    bool before = p->after_operand;
    p->after_operand = true;
    *is_function = s->role == REPORT_FUNCTION || s->role == REPORT_LIMIT ||
                   (s->role == REPORT_UPRIGHT && *s->text);
    *has_limits = s->role == REPORT_LARGE || s->role == REPORT_LIMIT;
    switch (s->role) {
    case REPORT_LETTER:
        report_add(p->out, "<mi>%s</mi>", s->text);
        break;
    case REPORT_LIMIT:
    case REPORT_FUNCTION:
        report_add(p->out, "<mi>%s</mi>", s->text);
        break;
    case REPORT_LARGE:
    case REPORT_OPERATOR:
        p->after_operand = before;
        add_operator(p, s->text);
        p->after_operand = false;
        break;
    case REPORT_FENCE:
        report_add(p->out, "<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">%s</mo>", s->text);
        break;
    case REPORT_SPACE:
        report_add(p->out, "<mspace width=\"%s\"/>", s->text);
        p->after_operand = false;
        break;
    case REPORT_ACCENT:
        return accent(p, s->text);
    case REPORT_FRACTION:
        return fraction(p);
    case REPORT_ROOT:
        return root(p);
    case REPORT_LEFT:
        return fenced(p);
    case REPORT_UPRIGHT:
    case REPORT_WORDS:
    case REPORT_DOUBLE:
        return word(p, s);
    }
    return FK_OK;
}

static int element(parser *p, bool *is_function, bool *has_limits)
{
    *is_function = *has_limits = false;
    char c = *p->at++;
    if (c == '\\') return command(p, is_function, has_limits);
    if (c == '{') {
        report_add(p->out, "<mrow>");
        p->after_operand = false;
        int status = row(p, '}');
        report_add(p->out, "</mrow>");
        p->after_operand = true;
        return status;
    }
    if (isdigit((unsigned char)c)) {
        const char *from = p->at - 1;
        while (p->at < p->end &&
               (isdigit((unsigned char)*p->at) ||
                (*p->at == '.' && p->at + 1 < p->end && isdigit((unsigned char)p->at[1]))))
            p->at++;
        report_add(p->out, "<mn>%.*s</mn>", (int)(p->at - from), from);
        p->after_operand = true;
    } else if (isalpha((unsigned char)c)) {
        report_add(p->out, "<mi>%c</mi>", c);
        p->after_operand = true;
    } else if (strchr("+-=<>()[]|/,;:!.", c)) {
        char plain[2] = {c, 0};
        add_operator(p, c == '-' ? "−" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : plain);
        p->after_operand = strchr(")]|!.", c) != NULL;
    } else {
        return wrong(p, "not known in LaTeX: ", &c, 1);
    }
    return FK_OK;
}

/* ' as a superscript. */
static void add_primes(parser *p)
{
    report_add(p->out, "<mo lspace=\"0\" rspace=\"0\">");
    for (; p->at < p->end && *p->at == '\''; p->at++) report_add(p->out, "′");
    report_add(p->out, "</mo>");
}

/* The scripts that follow the element from `start` on. */
static int scripts(parser *p, size_t start, bool limits)
{
    report_text *page = p->out, sub = {0}, sup = {0};
    int status = FK_OK;
    while (status == FK_OK && (is_next(p, '_') || is_next(p, '^') || is_next(p, '\''))) {
        report_text *to = *p->at == '_' ? &sub : &sup;
        if (to->n) {
            status = wrong(p, "two scripts in one place", "", 0);
            break;
        }
        p->out = to;
        if (*p->at == '\'') {
            add_primes(p);
        } else {
            p->at++;
            status = argument(p);
        }
        p->after_operand = true;
    }
    p->out = page;
    const char *kind = sub.n && sup.n ? (limits ? "munderover" : "msubsup")
                       : sub.n        ? (limits ? "munder" : "msub")
                       : sup.n        ? (limits ? "mover" : "msup")
                                      : NULL;
    if (kind) {
        char open[20];
        snprintf(open, sizeof open, "<%s>", kind);
        report_insert(page, start, open);
        if (sub.n) report_add_bytes(page, sub.at, sub.n);
        if (sup.n) report_add_bytes(page, sup.at, sup.n);
        report_add(page, "</%s>", kind);
    }
    free(sub.at);
    free(sup.at);
    return status;
}

/* Elements up to `stop`: '}', 'r' for \right, 0 for the end. */
static int row(parser *p, char stop)
{
    int status = FK_OK;
    while (status == FK_OK) {
        skip_space(p);
        if (stop == 'r' && is_word_next(p, "\\right")) {
            p->at += strlen("\\right");
            return FK_OK;
        }
        if (p->at == p->end)
            return stop ? wrong(p, stop == '}' ? "a { has no }" : "a \\left has no \\right", "", 0)
                        : FK_OK;
        if (*p->at == '}') {
            p->at++;
            return stop == '}' ? FK_OK : wrong(p, "a } without its {", "", 0);
        }
        bool is_function, has_limits;
        bool follows = p->after_operand;
        size_t start = p->out->n;
        status = element(p, &is_function, &has_limits);
        bool operand = p->after_operand;
        if (status == FK_OK) status = scripts(p, start, has_limits && p->display);
        if (is_function && follows) report_insert(p->out, start, "<mspace width=\"0.17em\"/>");
        p->after_operand = operand; /* x^2 is an operand, an integral with limits wants one */
        if (is_function && !is_next(p, '(') && !is_next(p, '[') && !is_next(p, '}') &&
            !is_word_next(p, "\\left") && p->at < p->end)
            report_add(p->out, "<mspace width=\"0.17em\"/>");
    }
    return status;
}

int report_add_math(report_text *out, const char *tex, size_t n, bool display, report_place place,
                    fk_error *err)
{
    parser p = {
        .at = tex, .end = tex + n, .out = out, .display = display, .place = place, .err = err};
    report_add(out, display ? "<math display=\"block\"><mrow>" : "<math><mrow>");
    int status = row(&p, 0);
    report_add(out, "</mrow></math>");
    return status;
}
