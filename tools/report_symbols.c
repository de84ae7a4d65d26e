/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LaTeX commands that fokker report knows. */
#include <string.h>

#include "tools/report.h"

static const report_symbol symbols[] = {
    {"alpha", REPORT_LETTER, "α"},   {"beta", REPORT_LETTER, "β"},
    {"gamma", REPORT_LETTER, "γ"},   {"delta", REPORT_LETTER, "δ"},
    {"epsilon", REPORT_LETTER, "ϵ"}, {"varepsilon", REPORT_LETTER, "ε"},
    {"zeta", REPORT_LETTER, "ζ"},    {"eta", REPORT_LETTER, "η"},
    {"theta", REPORT_LETTER, "θ"},   {"kappa", REPORT_LETTER, "κ"},
    {"lambda", REPORT_LETTER, "λ"},  {"mu", REPORT_LETTER, "μ"},
    {"nu", REPORT_LETTER, "ν"},      {"xi", REPORT_LETTER, "ξ"},
    {"pi", REPORT_LETTER, "π"},      {"rho", REPORT_LETTER, "ρ"},
    {"sigma", REPORT_LETTER, "σ"},   {"tau", REPORT_LETTER, "τ"},
    {"phi", REPORT_LETTER, "ϕ"},     {"varphi", REPORT_LETTER, "φ"},
    {"chi", REPORT_LETTER, "χ"},     {"psi", REPORT_LETTER, "ψ"},
    {"omega", REPORT_LETTER, "ω"},   {"Gamma", REPORT_LETTER, "Γ"},
    {"Delta", REPORT_LETTER, "Δ"},   {"Theta", REPORT_LETTER, "Θ"},
    {"Lambda", REPORT_LETTER, "Λ"},  {"Sigma", REPORT_LETTER, "Σ"},
    {"Phi", REPORT_LETTER, "Φ"},     {"Omega", REPORT_LETTER, "Ω"},
    {"infty", REPORT_LETTER, "∞"},   {"partial", REPORT_LETTER, "∂"},
    {"nabla", REPORT_LETTER, "∇"},   {"ell", REPORT_LETTER, "ℓ"},
    {"dots", REPORT_LETTER, "…"},    {"ldots", REPORT_LETTER, "…"},
    {"cdots", REPORT_LETTER, "⋯"},   {"cdot", REPORT_OPERATOR, "⋅"},
    {"times", REPORT_OPERATOR, "×"}, {"ast", REPORT_OPERATOR, "∗"},
    {"circ", REPORT_OPERATOR, "∘"},  {"pm", REPORT_OPERATOR, "±"},
    {"mp", REPORT_OPERATOR, "∓"},    {"le", REPORT_OPERATOR, "≤"},
    {"ge", REPORT_OPERATOR, "≥"},    {"lt", REPORT_OPERATOR, "&lt;"},
    {"gt", REPORT_OPERATOR, "&gt;"}, {"ne", REPORT_OPERATOR, "≠"},
    {"equiv", REPORT_OPERATOR, "≡"}, {"approx", REPORT_OPERATOR, "≈"},
    {"sim", REPORT_OPERATOR, "∼"},   {"propto", REPORT_OPERATOR, "∝"},
    {"to", REPORT_OPERATOR, "→"},    {"mapsto", REPORT_OPERATOR, "↦"},
    {"in", REPORT_OPERATOR, "∈"},    {"mid", REPORT_OPERATOR, "∣"},
    {"Vert", REPORT_OPERATOR, "‖"},  {"vert", REPORT_FENCE, "|"},
    {"lVert", REPORT_FENCE, "‖"},    {"rVert", REPORT_FENCE, "‖"},
    {"lbrace", REPORT_FENCE, "{"},   {"rbrace", REPORT_FENCE, "}"},
    {"langle", REPORT_FENCE, "⟨"},   {"rangle", REPORT_FENCE, "⟩"},
    {"sum", REPORT_LARGE, "∑"},      {"prod", REPORT_LARGE, "∏"},
    {"int", REPORT_OPERATOR, "∫"}, /* limits beside it, as LaTeX has them */
    {"log", REPORT_FUNCTION, "log"}, {"exp", REPORT_FUNCTION, "exp"},
    {"cos", REPORT_FUNCTION, "cos"}, {"sin", REPORT_FUNCTION, "sin"},
    {"tan", REPORT_FUNCTION, "tan"}, {"det", REPORT_FUNCTION, "det"},
    {"arg", REPORT_FUNCTION, "arg"}, {"operatorname", REPORT_UPRIGHT, "f"}, /* "f": a function */
    {"mathrm", REPORT_UPRIGHT, ""},  {"text", REPORT_WORDS, ""},
    {"mathbb", REPORT_DOUBLE, ""},   {"lim", REPORT_LIMIT, "lim"},
    {"min", REPORT_LIMIT, "min"},    {"max", REPORT_LIMIT, "max"},
    {"inf", REPORT_LIMIT, "inf"},    {"sup", REPORT_LIMIT, "sup"},
    {"hat", REPORT_ACCENT, "^"},     {"bar", REPORT_ACCENT, "¯"},
    {"tilde", REPORT_ACCENT, "~"},   {"dot", REPORT_ACCENT, "˙"},
    {"vec", REPORT_ACCENT, "→"},     {"quad", REPORT_SPACE, "1em"},
    {"qquad", REPORT_SPACE, "2em"},  {",", REPORT_SPACE, "0.17em"},
    {";", REPORT_SPACE, "0.28em"},   {" ", REPORT_SPACE, "0.28em"},
    {"frac", REPORT_FRACTION, ""},   {"sqrt", REPORT_ROOT, ""},
    {"left", REPORT_LEFT, ""},
};

const report_symbol *report_symbol_find(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strncmp(symbols[i].name, name, n) == 0 && symbols[i].name[n] == '\0')
            return &symbols[i];
    return NULL;
}
