/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ledgers as text, JSON and JUnit XML (core/verdict.h). */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "core/verdict.h"

static void print_missed(const fk_entry *e, FILE *out)
{
    for (size_t k = 0; k < e->n_controls; k++) {
        const fk_control_result *c = &e->control[k];
        if (c->caught) continue;
        fprintf(out, "    not caught: %s (observed %.6g, expected %.6g, se %.2g: %s)\n", c->name,
                c->verdict.observed, c->verdict.expected, c->verdict.se,
                fk_status_name(c->verdict.status));
    }
}

/* The columns of a terminal ($COLUMNS outranks what it says of itself); 0 where there are none. */
static size_t width_of(FILE *out)
{
    struct winsize size;
    const int fd = fileno(out);
    if (fd < 0 || !isatty(fd)) return 0;
    const char *given = getenv("COLUMNS");
    const long columns = given ? strtol(given, NULL, 10) : 0;
    if (columns > 0) return (size_t)columns;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* After `used` columns: on the same line where it fits, else broken at blanks into lines below that
 * are indented. */
static void print_statement(const char *text, size_t used, size_t indent, size_t width, FILE *out)
{
    enum { GAP = 2 };
    if (width == 0 || used + GAP + strlen(text) <= width) {
        fprintf(out, "%*s%s\n", GAP, "", text);
        return;
    }
    size_t column = used < indent ? used + GAP - 1 : width; /* full: the first word begins a line */
    if (used < indent) fputc(' ', out);
    for (size_t n; *text; text += n + (text[n] == ' ')) {
        n = strcspn(text, " ");
        const bool fits = column + 1 + n <= width;
        if (!fits) fprintf(out, "\n%*s", (int)indent - 1, "");
        fprintf(out, " %.*s", (int)n, text);
        column = (fits ? column + 1 : indent) + n;
    }
    fputc('\n', out);
}

void fk_ledger_print(const fk_ledger *ledger, FILE *out)
{
    const size_t columns = width_of(out);
    int width = 4;
    for (size_t i = 0; i < ledger->n; i++) {
        int length = (int)strlen(ledger->entry[i].id);
        if (length > width) width = length;
    }
    fprintf(out, "%-*s  %-9s %12s %12s %9s %9s  %s\n", width, "id", "status", "observed",
            "expected", "margin", "controls", "statement");
    const char *topic = NULL;
    for (size_t i = 0; i < ledger->n; i++) {
        const fk_entry *e = &ledger->entry[i];
        const fk_verdict *v = &e->verdict;
        if (e->topic && e->topic != topic) fprintf(out, "%s\n", e->topic);
        topic = e->topic;
        int used = fprintf(out, "%-*s  %-9s ", width, e->id, fk_status_name(v->status));
        if (v->status == FK_TEXT || v->status == FK_NETWORK)
            used += fprintf(out, "%12s %12s %9s %9s", "", "", "", "");
        else
            used += fprintf(out, "%12.6g %12.6g %9.2g %7zu/%zu", v->observed, v->expected,
                            v->margin, fk_entry_caught(e), e->n_controls);
        print_statement(e->says, (size_t)used, 4, columns, out);
        print_missed(e, out);
    }
}

/* "  printed   the text", lines that follow under the text. */
static void print_item(const char *what, const char *text, FILE *out)
{
    enum { INDENT = 12 };
    print_statement(text, (size_t)fprintf(out, "  %-8s", what), INDENT, width_of(out), out);
}

static void print_variant(const char *what, const char *name, const fk_verdict *v, FILE *out)
{
    char text[200];
    int n = snprintf(text, sizeof text, "observed %.10g", v->observed);
    if (v->expected != 0)
        n += snprintf(text + n, sizeof text - (size_t)n, ", expected %.10g", v->expected);
    if (v->n)
        n += snprintf(text + n, sizeof text - (size_t)n, ", se %.2g of %zu samples", v->se, v->n);
    snprintf(text + n, sizeof text - (size_t)n, ": %s", fk_status_name(v->status));
    print_item(what, name, out);
    print_item("", text, out);
}

static void print_details(const fk_entry *e, FILE *out)
{
    const bool judged = e->verdict.status != FK_TEXT && e->verdict.status != FK_NETWORK;
    const bool misprint = fk_entry_has_misprint(e);
    fprintf(out, "%s  %s, %s\n", e->id, fk_status_name(e->verdict.status),
            fk_reading_name(e->reading));
    print_item("claim", e->says, out);
    if (e->source) print_item("source", e->source, out);
    if (e->printed && !misprint) print_item("printed", e->printed, out);
    if (e->ill_formed) print_item("", e->ill_formed, out);
    if (!judged) return;
    if (misprint)
        print_variant("printed", e->printed ? e->printed : e->control[0].name,
                      &e->control[0].verdict, out);
    print_variant("right", e->right, &e->verdict, out);
    char margin[400];
    snprintf(margin, sizeof margin, "%.3g%s%s", e->verdict.margin, e->because ? ": " : "",
             e->because ? e->because : "");
    print_item("margin", margin, out);
    for (size_t k = misprint; k < e->n_controls; k++)
        print_variant(k == misprint ? "controls" : "", e->control[k].name, &e->control[k].verdict,
                      out);
}

void fk_ledger_print_details(const fk_ledger *ledger, FILE *out)
{
    for (size_t i = 0; i < ledger->n; i++) {
        if (i) fputc('\n', out);
        print_details(&ledger->entry[i], out);
    }
}

void fk_ledger_print_tally(const fk_ledger *ledger, FILE *out)
{
    size_t holds = 0, text = 0, network = 0, caught = 0, controls = 0;
    for (size_t i = 0; i < ledger->n; i++) {
        const fk_entry *e = &ledger->entry[i];
        holds += e->verdict.status == FK_HOLDS;
        text += e->verdict.status == FK_TEXT;
        network += e->verdict.status == FK_NETWORK;
        controls += e->n_controls;
        caught += fk_entry_caught(e);
    }
    fprintf(out, "%zu of %zu claims hold, %zu of %zu controls caught", holds,
            ledger->n - text - network, caught, controls);
    if (text) fprintf(out, ", %zu of wording only", text);
    if (network) fprintf(out, ", %zu wait for a network", network);
    const double chance = fk_ledger_false_alarm(ledger);
    if (chance > 0) fprintf(out, "; a false alarm: below %.1g", chance);
    fputc('\n', out);
}

static json_t *controls_json(const fk_entry *e)
{
    json_t *list = json_array();
    for (size_t k = 0; k < e->n_controls; k++) {
        const fk_control_result *c = &e->control[k];
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:s, s:b, s:b}", "name", c->name, "observed",
                                        fk_json_real(c->verdict.observed), "status",
                                        fk_status_name(c->verdict.status), "caught", (int)c->caught,
                                        "printed", (int)(k == 0 && fk_entry_has_misprint(e))));
    }
    return list;
}

static json_t *entry_json(const fk_entry *e)
{
    const fk_verdict *v = &e->verdict;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:s, s:o, s:s, s:s?, s:s?, s:s?, "
                     "s:s?, s:s?}",
                     "id", e->id, "statement", e->says, "observed", fk_json_real(v->observed),
                     "expected", fk_json_real(v->expected), "margin", fk_json_real(v->margin), "se",
                     fk_json_real(v->se), "n", (json_int_t)v->n, "seed", (json_int_t)e->seed,
                     "status", fk_status_name(v->status), "controls", controls_json(e), "reading",
                     fk_reading_name(e->reading), "topic", e->topic, "source", e->source, "printed",
                     e->printed, "ill_formed", e->ill_formed, "because", e->because);
}

int fk_ledger_write_json(const fk_ledger *ledger, const char *path, fk_error *err)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ledger->n; i++)
        json_array_append_new(list, entry_json(&ledger->entry[i]));
    int status = fk_json_write(path, list, err);
    json_decref(list);
    return status;
}

/* Text for XML: markup escaped, control characters (which XML has no way to hold) left out. */
static void print_xml(const char *text, FILE *out)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            if ((unsigned char)*text >= ' ') fputc(*text, out);
        }
    }
}

static void print_case(const fk_entry *e, FILE *out)
{
    const fk_verdict *v = &e->verdict;
    fputs("    <testcase classname=\"fokker.claims\" name=\"", out);
    print_xml(e->id, out);
    fputs(": ", out);
    print_xml(e->says, out);
    fprintf(out, "\" time=\"%.3f\">", e->seconds);
    if (v->status == FK_TEXT || v->status == FK_NETWORK) {
        fprintf(out, "<skipped message=\"%s\"/>", fk_status_name(v->status));
    } else if (v->status != FK_HOLDS) {
        fprintf(out, "<failure message=\"%s: observed %.17g, expected %.17g, margin %.3g, se %.3g",
                fk_status_name(v->status), v->observed, v->expected, v->margin, v->se);
        for (size_t k = 0; k < e->n_controls; k++) {
            if (e->control[k].caught) continue;
            fputs("; not caught: ", out);
            print_xml(e->control[k].name, out);
        }
        fputs("\"/>", out);
    }
    fputs("</testcase>\n", out);
}

int fk_ledger_write_junit(const fk_ledger *ledger, const char *path, fk_error *err)
{
    size_t failures = 0, skipped = 0;
    double seconds = 0;
    for (size_t i = 0; i < ledger->n; i++) {
        const fk_entry *e = &ledger->entry[i];
        failures += !fk_entry_holds(e);
        skipped += e->verdict.status == FK_TEXT || e->verdict.status == FK_NETWORK;
        seconds += e->seconds;
    }
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    FILE *out = fk_file_stream(file);
    fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"fokker\" "
        "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
        ledger->n, failures, skipped, seconds);
    for (size_t i = 0; i < ledger->n; i++) print_case(&ledger->entry[i], out);
    fputs("  </testsuite>\n</testsuites>\n", out);
    return fk_file_commit(file, err);
}
