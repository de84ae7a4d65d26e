# SPDX-License-Identifier: GPL-3.0-or-later
# Errors against steps and evaluations. Reads convergence.csv and names.csv of `out`; draws
# convergence.svg and convergence.png. Variables, all optional but names: names (of the lines),
# mixture, schedule, finest (steps), t_end.
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("finest")) finest = 1024
if (!exists("t_end")) t_end = 1e-3

lines = out."/convergence.csv"; tags = out."/names.csv"
n = words(names)
# One colour an order; a mark tells a line from others of its order.
colour(p) = p < 0.5 ? 0x808080 : p < 1.25 ? 0x000000 : p < 1.75 ? 0xCC79A7 : p < 2.5 ? 0x0072B2 : \
    p < 3.5 ? 0xD55E00 : p < 4.5 ? 0x009E73 : 0xE69F00
mark(i) = word("1 2 4 6 8 10 12", int(i) % 7 + 1) + 0
called(i, slope, settled) = slope == slope ? sprintf("%s  %s%.2f", word(names, int(i)), settled > 0.5 ? "" : "≈ ", slope) : word(names, int(i))
set datafile columnheaders
set logscale xy
set format y "10^{%T}"

# The lines of the panels from a to b against column c, and their names (from panel g of the other
# table) at x.
curves(a, b, c) = sprintf("for [i = 1:n] lines using ($1 >= %d && $1 <= %d && $2 == i ? $%d : NaN):6:(colour($3)) with lines lw 1.2 lc rgb variable, lines using ($1 >= %d && $1 <= %d ? $%d : NaN):6:(mark($2)):(colour($3)) with points pointtype variable pointsize 0.45 linecolor rgb variable", a, b, c, a, b, c)
called_at(g, x, c) = sprintf("tags using ($1 == %d ? $%d * 1.05 : NaN):8:(%g - $%d):($5 - $8) with vectors nohead lw 0.5 lc rgb '#B0B0B0', tags using ($1 == %d ? %g : NaN):5:(mark($2)):(colour($3)) with points pointtype variable pointsize 0.45 linecolor rgb variable, tags using ($1 == %d ? %g : NaN):5:(called($2, $4, $9)):(colour($3)) with labels left offset 0.4,0 font ',8' textcolor rgb variable noenhanced", g, c + 2, x, c + 2, g, x * 1.15, g, x * 1.15)
left(j) = 0.06 + 0.322 * j
right(j) = left(j) + 0.275
wide = 20.0    # the names' share of the axis, as a factor

do for [kind in "svg png"] {
    eval begin("convergence", kind, 1400, 1000)
    set multiplot
    set label 9 "Convergence of every scheme, without Monte Carlo noise" at screen 0.5, 0.978 center font ",16"
    set label 8 sprintf("%s, %s, log(s/σ) uniform from t_{max} to %g; worst error of 16 smoothed distribution functions", mixture, schedule, t_end) \
        at screen 0.5, 0.953 center font ",11" textcolor rgb "#404040"
    set label 7 "claimed order:" at screen 0.36, 0.93 left font ",11"
    do for [k = 1:7] {
        set label 20 + k word("0 1 3/2 2 3 4 5", k) at screen 0.45 + 0.03 * k, 0.93 left font ",11" \
            textcolor rgb colour(real(word("0 1 1.5 2 3 4 5", k)))
    }
    array lowest[6] = [1e-14, 1e-11, 1e-8, 1e-14, 1e-8, 1e-5]
    set grid noxtics
    array title[6] = ["One step, no noise", "Several steps, no noise", "With noise, on the Gaussian of equal moments", \
        "Work and precision, no noise", "Work and precision, with noise", "Strong errors: logistic SDE, along paths"]
    do for [j = 0:5] {
        row = j / 3; col = j % 3
        eval panel(left(col), right(col), row ? 0.055 : 0.52, row ? 0.415 : 0.88)
        set label 1 sprintf("{/:Bold %s}", title[j + 1]) at graph 0, graph 1.045 left
        set xlabel j == 3 || j == 4 ? "evaluations of the score" : "steps" offset 0,0.4
        set ylabel col ? (j == 5 ? "rms of x - x_{exact}" : "") : "worst error" offset j == 5 ? 0 : 1.5,0
        last = j == 5 ? 64 : (j == 3 || j == 4 ? 4 * finest : finest)
        set xrange [j == 5 ? 3.5 : 3:last * (j == 5 ? 5 : wide)]
        set yrange [lowest[j + 1]:1]
        set xtics (4)
        do for [k = 2:6] { if (4**k <= last) { set xtics add (4**k) } }
        if (j == 5) { set xtics (4, 8, 16, 32, 64) }
        if (j == 0) { eval "plot ".curves(0, 0, 4).", ".called_at(0, last * 1.5, 4) }
        if (j == 1) { eval "plot ".curves(1, 1, 4).", ".called_at(1, last * 1.5, 4) }
        if (j == 2) { eval "plot ".curves(2, 2, 4).", ".called_at(2, last * 1.5, 4) }
        if (j == 3) { eval "plot ".curves(0, 1, 5).", ".called_at(4, last * 1.5, 5) }
        if (j == 4) { eval "plot ".curves(2, 2, 5).", ".called_at(2, last * 1.5, 5) }
        if (j == 5) { eval "plot ".curves(3, 3, 4).", ".called_at(3, last * 1.2, 4) }
        unset label 7; unset label 8; unset label 9
        do for [k = 1:7] { unset label 20 + k }
    }
    unset multiplot
    unset label 1
    eval finish("convergence", kind)
}
