/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker report: the ledger, figures and notes as one page that needs nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/network.h"
#include "core/cli.h"
#include "core/file.h"
#include "tools/report.h"

typedef struct {
    const char *out, *json, *notes, *figures;
} wishes;

/* Colours come from the reader's light or dark setting; figures are drawn for a white ground. */
static const char style[] =
    ":root{color-scheme:light dark}\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}\n"
    "h2{margin-top:3rem;border-bottom:1px solid #8888}h3{margin-top:2rem}\n"
    "p,li{max-width:50rem}.wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.8rem;margin:.7rem 0}\n"
    "th,td{border-bottom:1px solid #8886;padding:.25rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere;min-width:4rem}\n"
    "#notes td:nth-last-child(2),td:first-child{overflow-wrap:normal;white-space:nowrap}\n"
    ".ledger td:nth-child(3){min-width:22rem}.ledger td:nth-child(7){min-width:10rem}\n"
    "small{opacity:.75}.number{font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "td.HOLDS{color:light-dark(#176f2c,#6fce86)}li.HOLDS{color:inherit}\n"
    ".FAILS,.VOID,.UNDECIDED{color:light-dark(#b3261e,#ff8a80);font-weight:bold}\n"
    ".TEXT,.NETWORK{opacity:.7}\n"
    "code,pre{font:.9em ui-monospace,monospace}pre{overflow-x:auto}\n"
    "math[display=block]{margin:.8rem 0;font-size:1.1em}\n"
    "figure{margin:1rem 0;background:#fff;color:#000;padding:.5rem}"
    "figure svg{width:100%;height:auto}\n"
    "details ul{margin:.2rem 0;padding-left:1.1rem}summary{cursor:pointer}\n";

/* The ledger that is given; else every claim is run and the ledger left beside the page. */
static int get_ledger(const wishes *w, const fk_cli *cli, json_t **json, fk_error *err)
{
    if (w->json) return fk_json_read(w->json, json, err);
    fk_claim_env env = {.seed = 1, .scale = 1, .threads = cli->threads};
    env.networks = fk_networks_new(env.seed, env.threads);
    fk_ledger ledger = {0};
    fk_progress *bar = fk_progress_new("verify", fk_n_claims());
    for (size_t i = 0; i < fk_n_claims(); i++) {
        env.topic = fk_claim_topic(i);
        fk_claim_run(fk_claim_at(i), &env, &ledger);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    fk_networks_free(env.networks);
    char *path = fk_path_join(w->out, "ledger.json");
    int status = fk_ledger_write_json(&ledger, path, err);
    if (status == FK_OK) status = fk_json_read(path, json, err);
    free(path);
    fk_ledger_free(&ledger);
    return status;
}

static int write_page(const char *path, const report_text *page, fk_error *err)
{
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    fwrite(page->at, 1, page->n, fk_file_stream(file));
    return fk_file_commit(file, err);
}

static int make_page(const wishes *w, const json_t *ledger, const char *notes, report_text *page,
                     fk_error *err)
{
    report_add(page, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
                     "<head><meta charset=\"utf-8\"/><meta name=\"viewport\" "
                     "content=\"width=device-width\"/><title>fokker: report</title>\n<style>");
    report_add(page, "%s</style></head>\n<body>\n<h1>fokker " FK_VERSION "</h1>\n<p>", style);
    report_add_tally(page, ledger);
    report_add(page, ". <a href=\"#notes\">Notes</a>, <a href=\"#figures\">figures</a>, "
                     "<a href=\"#ledger\">ledger</a>.</p>\n<div id=\"notes\">\n");
    int status = report_add_markdown(page, notes, w->notes, err);
    report_add(page, "</div>\n<h2 id=\"figures\">Figures</h2>\n");
    if (status == FK_OK) status = report_add_figures(page, w->figures, err);
    report_add(page, "<h2 id=\"ledger\">Ledger</h2>\n");
    report_add_ledger(page, ledger);
    report_add(page, "</body>\n</html>\n");
    return status;
}

/* What can be wrong in the notes is found before the long run. */
static int run(const wishes *w, const fk_cli *cli, char *path, fk_error *err)
{
    report_text notes = {0}, page = {0};
    json_t *ledger = NULL;
    int status = report_read(w->notes, &notes, err);
    if (status == FK_OK) status = report_add_markdown(&page, notes.at, w->notes, err);
    page.n = 0;
    if (status == FK_OK) status = fk_make_folder(w->out, err);
    if (status == FK_OK) status = fk_file_probe(path, err);
    if (status == FK_OK) status = get_ledger(w, cli, &ledger, err);
    if (status == FK_OK && !json_is_array(ledger))
        status = fk_fail(err, FK_USAGE,
                         "%s: a ledger is an array, as fokker verify --json writes it", w->json);
    if (status == FK_OK) status = make_page(w, ledger, notes.at, &page, err);
    if (status == FK_OK) status = write_page(path, &page, err);
    json_decref(ledger);
    free(notes.at);
    free(page.at);
    return status;
}

int main(int argc, char **argv)
{
    char *own = fk_cli_resource("paper_notes.md");
    wishes w = {.out = "out/report", .notes = own, .figures = "out"};
    const fk_option option[] = {
        {"out", "DIR", "the page's folder (default: out/report)", FK_OPT_TEXT, &w.out, false},
        {"json", "F", "a ledger that fokker verify --json wrote (default: run every claim)",
         FK_OPT_TEXT, &w.json, false},
        {"notes", "F", "the notes (default: the laboratory's own, paper_notes.md)", FK_OPT_TEXT,
         &w.notes, false},
        {"figures", "DIR", "where the experiments left their folders (default: out)", FK_OPT_TEXT,
         &w.figures, false},
        {0},
    };
    const fk_command command = {
        .name = "report",
        .says = "The notes, figures and ledger as one page, index.html, that needs nothing else: "
                "equations as MathML, figures inline. Figures that are not there are named with "
                "the command that draws them.",
        .example = "fokker report --out /tmp/fokker-report",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    char *path = fk_path_join(w.out, "index.html");
    int status = run(&w, &cli, path, &err);
    if (status == FK_OK && !cli.quiet) printf("%s\n", path);
    free(path);
    free(own);
    return fk_cli_report(&err);
}
