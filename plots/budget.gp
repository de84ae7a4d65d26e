# SPDX-License-Identifier: GPL-3.0-or-later
# Errors by cause at 5, 10, 20 and 50 evaluations, errors against evaluations, and who wins where. Reads
# budget.csv, names.csv and winners.csv of `out`; draws budget.svg and budget.png. Variables: names (the
# registry's schemes), data (the mixtures of winners.csv), lowest and highest (the decades of the two
# panels of work and precision); optional mixture, schedule, t_end, sampling (the standard error of one
# sample), truncation, absent (schemes without a law), learnt (1: with a network, whose score is a fourth cause).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("t_end")) t_end = 1e-3
if (!exists("sampling")) sampling = 0.3
if (!exists("truncation")) truncation = 0
if (!exists("absent")) absent = ""
if (!exists("learnt")) learnt = 0

table = out."/budget.csv"; tags = out."/names.csv"; best = out."/winners.csv"
set datafile columnheaders
shown = 14 # schemes in a panel of causes
budget(j) = word("5 10 20 50", j + 1) + 0
amount(c, j) = column(1) == budget(j) && column(2) <= shown ? abs(column(c)) : NaN
plus(c, j) = column(c) > 0 ? amount(c, j) : NaN
minus(c, j) = column(c) < 0 ? amount(c, j) : NaN
array cause[4] = ["truncation at t_{end}", "prior", "steps", "score"]
array shade[4] = [orange, purple, blue, vermillion]
array full[4] = [5, 9, 7, 11]
array hollow[4] = [4, 8, 6, 10]
causes = learnt ? 4 : 3

# Work and precision: colours of families, as in convergence.gp.
array of_family[6] = [0x000000, 0xD55E00, 0x0072B2, 0xE69F00, 0x009E73, 0x000000]
array family_name[5] = ["Runge–Kutta in t", "one exponential step", "multistep", "noise, weak order 1 or none", "noise, weak order 2"]
mark(k) = word("7 4 8 6 10 12 5 9 11 13", int(k) % 10 + 1) + 0
n = words(names)
array place[n]; array family[n]; array drawn[2] = ["", ""]
stats tags using (i = int(column(2)), family[i] = int(column(4)), place[i] = int(column(5)), \
    g = int(column(1)) + 1, drawn[g] = column(2) == column(3) ? drawn[g].sprintf(" %d", i) : drawn[g], 1) nooutput
called(i, own) = own ? word(names, int(i)) : "= ".word(names, int(i))

left(j) = 0.112 + 0.226 * j
wide(g) = 0.06 + 0.49 * g
do for [kind in "svg png"] {
    eval begin("budget", kind, 1200, 1290)
    set multiplot
    unset key
    set label 90 sprintf("Where the error of few evaluations comes from: %s, %s%s", mixture, schedule, learnt ? ", by a network" : "") noenhanced \
        at screen 0.5, 0.985 center font ",16"
    set label 91 "Error against the data: the largest of 16 signed errors of smoothed distribution functions E Φ((X - c_j)/0.2), c_j their quantiles. One approximation is changed at a time: the parts add up." \
        at screen 0.5, 0.967 center font ",10" textcolor rgb "#404040"
    set label 92 sprintf("Grids uniform in log(s/σ) from t_{max} to t = %g, multistep schemes started by themselves; (a) to (d): the best 14.%s", t_end, words(absent) > 8 ? sprintf(" Absent, having no exact law or no step count: %d schemes.", words(absent)) : words(absent) ? " Absent, having no exact law or no step count: ".absent : "") \
        at screen 0.5, 0.954 center font ",10" textcolor rgb "#404040"
    # the key, in a strip of its own
    eval panel(0, 1, 0, 1)
    eval no_axes
    unset grid
    key_at(k) = word("0.05 0.2 0.325 0.46 0.53 0.62 0.715", k) + 0.0
    if (learnt) { key_at(k) = word("0.03 0.17 0.285 0.475 0.54 0.62 0.715", k) + 0.0 }
    if (learnt) { set label cause[4] at screen 0.405, 0.929 left point pt full[4] ps 0.9 lc rgb shade[4] offset 1,0 font ",11" }
    do for [k = 1:3] { set label cause[k] at screen key_at(k), 0.929 left point pt full[k] ps 0.9 lc rgb shade[k] offset 1,0 font ",11" }
    set label "sum" at screen key_at(4), 0.929 left point pt 12 ps 1.4 lw 1.3 lc rgb black offset 1,0 font ",11"
    set label "positive" at screen key_at(5), 0.929 left point pt 7 ps 0.9 lc rgb grey offset 1,0 font ",11"
    set label "negative" at screen key_at(6), 0.929 left point pt 6 ps 0.9 lc rgb grey offset 1,0 font ",11"
    set arrow from screen key_at(7), 0.929 to screen key_at(7) + 0.03, 0.929 nohead dt 2 lw 1 lc rgb black
    set label "standard error of 10^4, 10^6 samples" at screen key_at(7) + 0.037, 0.929 left font ",11"
    plot NaN
    unset label; unset arrow
    eval axes
    set grid back linecolor rgb "#E6E6E6" linewidth 0.6 linetype 1

    set logscale x
    set format x "10^{%T}"
    array samples[2] = [1e4, 1e6]
    do for [j = 0:3] {
        eval panel(left(j), left(j) + 0.125, 0.625, 0.885)
        set xrange [1e-7:1]; set yrange [shown + 0.6:0.4]
        set xtics 1e-6, 100
        set mxtics 1
        unset ytics
        set label 1 sprintf("{/:Bold (%s)  %d evaluations}", word("a b c d", j + 1), budget(j)) at graph -0.5, graph 1.085 left font ",12"
        set label 4 "|error|" at graph 0.5, graph -0.135 center font ",11"
        do for [k = 1:2] {
            set arrow k from sampling / sqrt(samples[k]), graph 0 to sampling / sqrt(samples[k]), graph 1 nohead dt 2 lw 1 lc rgb black
            set label 1 + k sprintf("10^%.0f", log10(samples[k])) at sampling / sqrt(samples[k]), graph 1.03 center font ",9"
        }
        plot table using (amount(10, j)):2 with points pt 12 ps 1.5 lw 1.3 lc rgb black, \
             for [k = 1:causes] table using (plus(5 + k, j)):2 with points pt full[k] ps 0.8 lc rgb shade[k], \
             for [k = 1:causes] table using (minus(5 + k, j)):2 with points pt hollow[k] ps 0.8 lw 1.3 lc rgb shade[k], \
             table using (amount(10, j) > 0 ? 1.001e-7 : NaN):2:(word(names, int($3))) with labels right offset -0.6,0 font ",10" noenhanced
    }
    unset label 1; unset label 2; unset label 3; unset label 4
    unset arrow

    # work and precision
    set logscale xy
    unset grid
    set datafile missing NaN # a line goes on over the rows of others
    set format x "%g"; set format y "10^{%T}"
    do for [g = 0:1] {
        unset label; unset arrow
        eval panel(wide(g), wide(g) + 0.43, 0.235, 0.535)
        bottom_ = 10**real(word(lowest, g + 1)); top_ = 10**real(word(highest, g + 1))
        last = 60.0
        set xrange [2.7:2.7 * (last / 2.7)**1.42]; set yrange [bottom_:top_]
        set border 2
        set arrow from graph 0, graph 0 to last, graph 0 nohead lw 0.8 lc rgb "#404040"
        set xtics nomirror out scale 0.6 (5, 10, 20, 50)
        set ytics nomirror out scale 0.6 10
        set mytics 1
        set label sprintf("{/:Bold (%s)  Work and precision, %s noise}", word("e f", g + 1), g ? "with" : "no") at graph -0.02, graph 1.08 left font ",12"
        do for [k = (g ? 4 : 1):(g ? 5 : 3)] {
            set label family_name[k] at graph (g ? 0.30 * (k - 4) : word("0 0.22 0.5", k) + 0.0), graph 1.025 left font ",10" textcolor rgb of_family[k]
        }
        set label "evaluations of the score" at sqrt(2.7 * last), graph -0.12 center font ",11"
        if (g == 0) { set label "|error| against the data" at graph -0.1, graph 0.5 center rotate by 90 font ",11" }
        do for [k = 1:2] {
            level = sampling / sqrt(samples[k])
            if (level > bottom_ && level < top_) {
                set arrow from 2.7, level to last, level nohead dt 2 lw 1 lc rgb black
                set label sprintf("10^%.0f samples", log10(samples[k])) at 2.8, level left offset 0,0.6 font ",9"
            }
        }
        if (abs(truncation) > bottom_ && abs(truncation) < top_) {
            set arrow from 2.7, abs(truncation) to last, abs(truncation) nohead dt 3 lw 1.2 lc rgb orange
            set label "truncation alone" at 2.8, abs(truncation) left offset 0,0.6 font ",9" textcolor rgb orange
        }
        names_at = last * 1.25
        plot for [w in drawn[g + 1]] table using ($3 == int(w) ? $5 : NaN):(abs($10)) with linespoints lw 1.3 pt mark(place[int(w)]) ps 0.6 lc rgb of_family[family[int(w)] + 1], \
             tags using ($1 == g && $2 == $3 ? $7 * 1.04 : NaN):8:(names_at * 0.98 - $7 * 1.04):($6 - $8) with vectors nohead lw 0.5 lc rgb "#B0B0B0", \
             tags using ($1 == g && $2 == $3 ? names_at * 1.03 : NaN):6:(mark($5)):(of_family[int($4) + 1]) with points pointtype variable pointsize 0.6 linecolor rgb variable, \
             tags using ($1 == g ? names_at * 1.03 : NaN):6:(called($2, $2 == $3)):(of_family[int($4) + 1]) with labels left offset 0.7,0 font ",10" textcolor rgb variable noenhanced
    }
    unset label; unset arrow
    unset logscale
    set datafile missing

    # who wins where
    eval panel(0.06, 0.99, 0.01, 0.15)
    eval no_axes
    unset mytics
    set label "{/:Bold (g)  The three best schemes}" at screen 0.052, 0.168 left font ",12"
    column_(j) = 0.2 + 0.2 * j
    row_(m, r) = 0.132 - 0.047 * (m - 1) - 0.0125 * (r - 1)
    do for [j = 0:3] { set label sprintf("%d evaluations", budget(j)) at screen column_(j), 0.149 left font ",11" }
    do for [m = 1:words(data)] {
        set label word(data, m) at screen 0.06, row_(m, 1) left font ",11" noenhanced
        set arrow from screen 0.06, row_(m, 1) + 0.009 to screen 0.97, row_(m, 1) + 0.009 nohead lw 0.5 lc rgb "#B0B0B0"
    }
    set xrange [0:1]; set yrange [0:1]
    # screen places as parts of the panel
    at_x(j) = (column_(j) - 0.06) / 0.93
    at_y(m, r) = (row_(m, r) - 0.01) / 0.14
    which(b) = b == 5 ? 0 : b == 10 ? 1 : b == 20 ? 2 : 3
    plot best using (at_x(which($2))):(at_y($1, $3)):(word(names, int($4))):($3 == 1 ? 0x000000 : 0x606060) \
             with labels left font ",10" textcolor rgb variable noenhanced, \
         best using (at_x(which($2)) + 0.125):(at_y($1, $3)):(sprintf("%+.1e", $5)):($3 == 1 ? 0x000000 : 0x606060) \
             with labels left font ",10" textcolor rgb variable noenhanced
    unset multiplot
    unset label; unset arrow
    eval axes
    eval finish("budget", kind)
}
