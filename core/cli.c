/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli.h"

#include <argp.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/isa.h"
#include "core/names.h"
#include "core/ranks.h"

enum { MAX_OPTIONS = 40, MAX_THREADS = 4096 };
enum { KEY_FIRST = 0x100, KEY_HELP = 'h', KEY_VERSION = 0x1000, KEY_THREADS, KEY_QUIET };

/* What this process was asked to do: written by fk_cli_parse, before there are threads, but for the
 * seed, which a run may learn from a file and `text` has from when it is first asked for. It is
 * global because every file's head needs it, and no library function should have to carry it. */
static struct {
    const char *name; /* of the command */
    char *text;
    bool quiet;
    const char *seed_name; /* NULL: none, or in `text` */
    const uint64_t *seed;
} asked = {.name = "", .text = NULL};

/* The last exit code that was reported: at exit nobody else can tell whether the one line about a
 * failed write has been printed. */
static int reported;

typedef struct {
    const fk_command *command;
    struct argp argp;
    struct argp_option table[MAX_OPTIONS + 5];
    size_t threads;
    fk_cli *cli;
} parser;

static const struct argp_option common[] = {
    {"threads", KEY_THREADS, "N", 0, "threads to use (default: all processors)", 1000},
    {"quiet", KEY_QUIET, NULL, 0, "no progress bar, no remarks", 1000},
    {"help", KEY_HELP, NULL, 0, "print this help", 1001},
    {"version", KEY_VERSION, NULL, 0, "print the version", 1001},
};

static void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void usage_error(const char *format, ...)
{
    fk_error err = {.code = FK_USAGE};
    va_list args;
    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    exit(fk_cli_report(&err));
}

static void add_text(const char *more)
{
    size_t used = asked.text ? strlen(asked.text) : 0;
    char *text = fk_alloc(used + strlen(more) + 1, 1);
    if (asked.text) memcpy(text, asked.text, used);
    strcpy(text + used, more);
    free(asked.text);
    asked.text = text;
}

char *fk_shell_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=+:,./@%^";
    if (*word && word[strspn(word, plain)] == '\0') return fk_strdup(word);
    char *quoted = fk_alloc(4 * strlen(word) + 3, 1), *at = quoted;
    *at++ = '\'';
    for (; *word; word++)
        if (*word == '\'')
            at = stpcpy(at, "'\\''");
        else
            *at++ = (unsigned char)*word < ' ' ? '?' : *word;
    *at = '\'';
    return quoted;
}

static void add_word(const char *word)
{
    char *quoted = fk_shell_word(word);
    add_text(" ");
    add_text(quoted);
    free(quoted);
}

static void help(const parser *p)
{
    char name[80];
    snprintf(name, sizeof name, "fokker %s", p->command->name);
    argp_help(&p->argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_PRE_DOC, name);
    printf("\nExample:\n  %s\n", p->command->example);
}

/* getopt stopped at `word`: unknown, ambiguous, without its value, or with one it does not take. */
static void option_error(const parser *p, const char *word)
{
    char dashed[MAX_OPTIONS + 4][40], near[360], bare[60];
    const char *known[MAX_OPTIONS + 4];
    size_t n = 0, length = strcspn(word, "="), fits = 0, last = 0;
    snprintf(bare, sizeof bare, "%.*s", (int)(length < 59 ? length : 59), word);
    for (; p->table[n].name; n++) {
        snprintf(dashed[n], sizeof dashed[n], "--%s", p->table[n].name);
        known[n] = dashed[n];
        bool exact = strcmp(bare, known[n]) == 0;
        if (!exact && (length <= 2 || strncmp(known[n], bare, length) != 0)) continue;
        last = n;
        fits++;
        if (exact) break;
    }
    bool whole = fits > 0 && strcmp(bare, known[last]) == 0;
    if (fits == 1 || whole) {
        if (p->table[last].arg)
            usage_error("%s needs a value: %s %s", known[last], known[last], p->table[last].arg);
        usage_error("%s takes no value", known[last]);
    }
    fk_near_names(bare, known, n, near, sizeof near);
    if (fits > 1) usage_error("option '%s' could be any of %s", bare, near);
    usage_error("no option '%s'; try %s", bare, near);
}

static void set_threads(parser *p, const char *text)
{
    const fk_option threads = {.name = "threads", .type = FK_OPT_COUNT, .value = &p->threads};
    fk_error err;
    if (fk_option_set(&threads, text, &err)) exit(fk_cli_report(&err));
    if (p->threads > MAX_THREADS) usage_error("--threads is at most %d", MAX_THREADS);
    p->cli->threads = (int)p->threads;
}

static bool is_given(const parser *p, size_t i)
{
    return p->cli->given >> i & 1;
}

static void set_option(parser *p, size_t i, const char *text)
{
    static const char *const unrecorded[] = {"block", "checkpoint", "out"};
    const fk_option *o = &p->command->option[i];
    fk_error err;
    if (o->type == FK_OPT_REALS && is_given(p, i)) free(((fk_reals *)o->value)->x);
    if (o->type == FK_OPT_INDICES && is_given(p, i)) free(((fk_indices *)o->value)->i);
    if (fk_option_set(o, text, &err)) exit(fk_cli_report(&err));
    p->cli->given |= UINT64_C(1) << i;
    if (o->type == FK_OPT_SEED) return; /* recorded by fk_cli_text, as a number */
    for (size_t k = 0; k < sizeof unrecorded / sizeof *unrecorded; k++)
        if (strcmp(o->name, unrecorded[k]) == 0) return;
    char dashed[80];
    snprintf(dashed, sizeof dashed, "--%s", o->name);
    add_word(dashed);
    if (text) add_word(text);
}

static error_t on_key(int key, char *arg, struct argp_state *state)
{
    parser *p = state->input;
    switch (key) {
    case KEY_HELP:
        help(p);
        exit(FK_OK);
    case KEY_VERSION:
        puts("fokker " FK_VERSION);
        exit(FK_OK);
    case KEY_THREADS:
        set_threads(p, arg);
        return 0;
    case KEY_QUIET:
        asked.quiet = p->cli->quiet = true;
        return 0;
    case ARGP_KEY_ARGS:
        p->cli->arg = state->argv + state->next;
        p->cli->n_args = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_ERROR: { /* a bundle of short options is left where it stands */
        const char *next = state->next < state->argc ? state->argv[state->next] : "";
        bool bundle = next[0] == '-' && next[1] != '-' && next[1] != '\0' && next[2] != '\0';
        option_error(p, bundle ? next : state->argv[state->next - 1]);
        return 0;
    }
    default:
        if (key < KEY_FIRST || key >= KEY_FIRST + MAX_OPTIONS) return ARGP_ERR_UNKNOWN;
        set_option(p, (size_t)(key - KEY_FIRST), arg);
        return 0;
    }
}

/* argp's table: the command's options in their own order (it sorts by group), then the common. */
static size_t fill_table(parser *p)
{
    size_t n = 0;
    const fk_option *o = p->command->option;
    for (; o && o[n].name; n++) {
        assert(n < MAX_OPTIONS);
        p->table[n] = (struct argp_option){.name = o[n].name,
                                           .key = KEY_FIRST + (int)n,
                                           .arg = o[n].arg,
                                           .doc = o[n].help,
                                           .group = (int)n + 1};
    }
    memcpy(p->table + n, common, sizeof common);
    return n;
}

fk_cli fk_cli_parse(const fk_command *command, int argc, char **argv)
{
    fk_cli cli = {0};
    parser p = {.command = command, .cli = &cli};
    asked.name = command->name;
    fk_error err;
    fk_cli_guard_output();
    if (fk_ranks_begin(&err)) exit(fk_cli_report(&err));
    fk_interrupt_catch();
    if (fk_isa_check(&err)) exit(fk_cli_report(&err));
    add_text("fokker ");
    add_text(command->name);

    asked.quiet = cli.quiet = !fk_ranks_writes();

    size_t n = fill_table(&p);
    p.argp = (struct argp){
        .options = p.table, .parser = on_key, .args_doc = command->args, .doc = command->says};
    argp_parse(&p.argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, &p);

    if (cli.n_args && !command->args)
        usage_error("'%.60s' is one word too many: only options follow", cli.arg[0]);
    for (size_t i = 0; i < cli.n_args; i++) add_word(cli.arg[i]);
    for (size_t i = 0; i < n; i++) {
        const fk_option *o = &command->option[i];
        if (o->required && !is_given(&p, i))
            usage_error("--%s is needed: --%s %s, %s", o->name, o->name, o->arg, o->help);
        if (o->type == FK_OPT_SEED) asked.seed_name = o->name, asked.seed = o->value;
    }
    return cli;
}

const char *fk_cli_text(void)
{
    if (asked.seed_name) {
        char text[60];
        snprintf(text, sizeof text, " --%.20s %llu", asked.seed_name,
                 (unsigned long long)*asked.seed);
        add_text(text);
        asked.seed_name = NULL;
    }
    return asked.text ? asked.text : "";
}

const uint64_t *fk_cli_seed(void)
{
    return asked.seed;
}

bool fk_cli_quiet(void)
{
    return asked.quiet;
}

int fk_cli_report(const fk_error *err)
{
    reported = err->code;
    if (err->code != FK_OK && fk_ranks_writes())
        fprintf(stderr, "fokker%s%s: %s\n", *asked.name ? " " : "", asked.name, err->text);
    return err->code;
}

void fk_cli_remark(const char *format, ...)
{
    if (asked.quiet) return;
    va_list args;
    va_start(args, format);
    fprintf(stderr, "fokker%s%s: ", *asked.name ? " " : "", asked.name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static void check_output(void)
{
    errno = 0;
    bool whole = fflush(stdout) == 0 && !ferror(stdout);
    int why = errno;
    if (whole && fclose(stdout) != 0) whole = false, why = errno;
    if (whole) return;
    fk_error err;
    if (reported != FK_FILE)
        fk_cli_report((fk_fail(&err, FK_FILE, "standard output: could not be written whole: %s",
                               why ? strerror(why) : "a write failed"),
                       &err));
    _exit(FK_FILE);
}

/* A descriptor of the standard streams that is closed is the number that the next file, pipe or
 * socket gets, and what is printed goes there. /dev/null takes its place, open the wrong way: to
 * write to 1, or read from 0, still fails with EBADF. */
static void fill_standard_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* the lowest that is free is the one that open takes */
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void fk_cli_guard_output(void)
{
    fill_standard_streams();
    signal(SIGXFSZ, SIG_IGN); /* beyond `ulimit -f` a write is to fail, not to kill */

    if (atexit(check_output) != 0) abort(); /* 32 are guaranteed */
}

const char *fk_cli_folder(void)
{
    static char folder[PATH_MAX]; /* the same answer at every call */
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (!slash) return ".";
    *(slash == folder ? slash + 1 : slash) = '\0';
    return folder;
}

char *fk_cli_resource(const char *name)
{
    const char *folder = fk_cli_folder();
    char *up = fk_path_join(folder, "../.."), *path = fk_path_join(up, name);
    free(up);
    if (access(path, F_OK) == 0) return path;
    free(path);
    return fk_path_join(folder, name);
}
