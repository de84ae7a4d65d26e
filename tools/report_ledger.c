/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger as tables. It was read from JSON: what is missing there is left empty. */
#include <string.h>

#include "tools/report.h"

static const char *word(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text ? text : "";
}

static void add_word(report_text *out, const json_t *entry, const char *key)
{
    const char *text = word(entry, key);
    report_add_escaped(out, text, strlen(text));
}

/* Null stands for a number that was not finite. */
static void add_number(report_text *out, const json_t *entry, const char *key)
{
    const json_t *number = json_object_get(entry, key);
    if (json_is_number(number)) report_add(out, "%.6g", json_number_value(number));
}

static bool is(const json_t *entry, const char *key, const char *value)
{
    return strcmp(word(entry, key), value) == 0;
}

static void add_controls(report_text *out, const json_t *controls)
{
    size_t n = json_array_size(controls), caught = 0, i;
    const json_t *c;
    json_array_foreach(controls, i, c) caught += json_is_true(json_object_get(c, "caught"));
    if (n == 0) return;
    report_add(out, "<details><summary>%zu of %zu caught</summary><ul>", caught, n);
    json_array_foreach(controls, i, c)
    {
        report_add(out, "<li class=\"%s\">",
                   json_is_true(json_object_get(c, "caught")) ? "HOLDS" : "FAILS");
        add_word(out, c, "name");
        report_add(out, ": ");
        add_number(out, c, "observed");
        report_add(out, " (%s)</li>", word(c, "status"));
    }
    report_add(out, "</ul></details>");
}

static void add_entry(report_text *out, const json_t *entry)
{
    bool measured = !is(entry, "status", "TEXT") && !is(entry, "status", "NETWORK");
    report_add(out, "<tr id=\"%s\"><td>%s</td>", word(entry, "id"), word(entry, "id"));
    report_add(out, "<td class=\"%s\">%s</td><td>", word(entry, "status"), word(entry, "status"));
    add_word(out, entry, "statement");
    report_add(out, "<br/><small>%s", word(entry, "reading"));
    if (*word(entry, "printed")) {
        report_add(out, "; printed: ");
        add_word(out, entry, "printed");
    }
    if (*word(entry, "ill_formed")) {
        report_add(out, " (");
        add_word(out, entry, "ill_formed");
        report_add(out, ")");
    }
    if (*word(entry, "source")) {
        report_add(out, " [");
        add_word(out, entry, "source");
        report_add(out, "]");
    }
    report_add(out, "</small></td>");
    static const char *const number[] = {"observed", "expected", "margin"};
    for (size_t k = 0; k < 3; k++) {
        report_add(out, "<td class=\"number\">");
        if (measured) add_number(out, entry, number[k]);
        report_add(out, "</td>");
    }
    report_add(out, "<td>");
    add_controls(out, json_object_get(entry, "controls"));
    report_add(out, "</td></tr>\n");
}

void report_add_ledger(report_text *out, const json_t *ledger)
{
    static const char head[] =
        "<div class=\"wide\"><table class=\"ledger\"><thead><tr><th>ID</th><th>verdict</th>"
        "<th>statement</th><th>found</th><th>expected</th><th>margin</th><th>controls</th></tr>"
        "</thead><tbody>\n";
    const char *topic = NULL;
    size_t i;
    const json_t *entry;
    json_array_foreach(ledger, i, entry)
    {
        if (!topic || !is(entry, "topic", topic)) {
            if (topic) report_add(out, "</tbody></table></div>\n");
            topic = word(entry, "topic");
            report_add(out, "<h3>");
            report_add_escaped(out, topic, strlen(topic));
            report_add(out, "</h3>\n%s", head);
        }
        add_entry(out, entry);
    }
    if (topic) report_add(out, "</tbody></table></div>\n");
}

void report_add_tally(report_text *out, const json_t *ledger)
{
    size_t hold = 0, text = 0, network = 0, controls = 0, caught = 0, i, k;
    const json_t *entry, *c;
    json_array_foreach(ledger, i, entry)
    {
        hold += is(entry, "status", "HOLDS");
        text += is(entry, "status", "TEXT");
        network += is(entry, "status", "NETWORK");
        json_array_foreach(json_object_get(entry, "controls"), k, c)
        {
            controls++;
            caught += json_is_true(json_object_get(c, "caught"));
        }
    }
    report_add(out, "%zu of %zu claims hold, %zu of %zu controls caught", hold,
               json_array_size(ledger) - text - network, caught, controls);
    if (text) report_add(out, ", %zu of wording only", text);
    if (network) report_add(out, ", %zu wait for a network", network);
}
