# SPDX-License-Identifier: GPL-3.0-or-later
# Errors by cause at 5, 10, 20 and 50 evaluations. Reads budget.csv of `out`; draws budget.svg and
# budget.png. Variables: names (the registry's schemes); optional mixture, schedule, t_end, sampling
# (the standard error of one sample), shown (schemes a panel), data and winners (name and error, by
# mixture and budget).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("t_end")) t_end = 1e-3
if (!exists("sampling")) sampling = 0.3
if (!exists("shown")) shown = 16
if (!exists("data")) data = ""
if (!exists("winners")) winners = ""

table = out."/budget.csv"
set datafile columnheaders
budget(j) = word("5 10 20 50", j + 1) + 0
amount(c, j) = column(1) == budget(j) && column(2) <= shown ? abs(column(c)) : NaN
plus(c, j) = column(c) > 0 ? amount(c, j) : NaN
minus(c, j) = column(c) < 0 ? amount(c, j) : NaN
left(j) = 0.1 + 0.23 * j
array cause[3] = ["truncation at t_{end}", "discretisation", "prior mismatch"]
array shade[3] = [orange, blue, purple]
array full[3] = [5, 7, 9]
array hollow[3] = [4, 6, 8]

do for [kind in "svg png"] {
    eval begin("budget", kind, 1400, 800)
    set multiplot
    set label 9 sprintf("Where the error of few evaluations comes from: %s, %s", mixture, schedule) noenhanced \
        at screen 0.5, 0.973 center font ",16"
    # the key, in a strip of its own
    eval panel(0.085, 0.99, 0.89, 0.94)
    eval no_axes
    set key at screen 0.08, screen 0.945 left top Left reverse horizontal maxrows 1 width 2
    plot for [k = 1:3] NaN with points pt full[k] ps 1 lc rgb shade[k] title cause[k], \
         NaN with points pt 12 ps 1.5 lw 1.3 lc rgb black title "sum: the worst of 16 errors", \
         NaN with points pt 7 ps 1 lc rgb grey title "positive", \
         NaN with points pt 6 ps 1 lc rgb grey title "negative", \
         NaN with lines dt 2 lw 1 lc rgb black title "standard error of 10^4 and 10^6 samples"
    unset label 9; unset key
    eval axes

    set logscale x
    set format x "10^{%T}"
    set xlabel "|error|" offset 0,0.4
    do for [j = 0:3] {
        eval panel(left(j), left(j) + 0.155, 0.24, 0.82)
        set xrange [1e-7:1]; set yrange [shown + 0.6:0.4]
        set xtics 1e-6, 100
        set ytics scale 0 font ",9"
        unset ytics
        set label 1 sprintf("{/:Bold %d evaluations}", budget(j)) at graph 0, graph 1.075 left
        array n_of[2] = [1e4, 1e6]
        do for [k = 1:2] {
            set arrow k from sampling / sqrt(n_of[k]), graph 0 to sampling / sqrt(n_of[k]), graph 1 nohead \
                dt 2 lw 1 lc rgb black
            set label 1 + k sprintf("10^%.0f", log10(n_of[k])) at sampling / sqrt(n_of[k]), graph 1.03 center font ",9"
        }
        plot table using (amount(9, j)):2 with points pt 12 ps 1.7 lw 1.3 lc rgb black, \
             for [k = 1:3] table using (plus(5 + k, j)):2 with points pt full[k] ps 0.8 lc rgb shade[k], \
             for [k = 1:3] table using (minus(5 + k, j)):2 with points pt hollow[k] ps 0.8 lw 1.3 lc rgb shade[k], \
             table using (amount(9, j) > 0 ? 1.001e-7 : NaN):2:(word(names, int($3))) with labels right offset -0.8,0 font ",10" noenhanced
        unset label 1
    }
    unset label 2; unset label 3
    unset arrow
    unset logscale x # before no_axes sets a range from 0

    # below: who wins where
    if (words(winners) > 0) {
        eval panel(0.085, 0.99, 0.02, 0.15)
        eval no_axes
        set yrange [0:1]
        unset grid
        set label 30 "{/:Bold Best scheme}" at screen 0.005, 0.155 left
        do for [m = 1:words(winners) / 8] {
            set label 40 + m word(data, m) at screen 0.02, 0.155 - 0.035 * m left noenhanced
            do for [j = 0:3] {
                set label 50 + 10 * m + j word(winners, 8 * (m - 1) + 2 * j + 1)."  ".word(winners, 8 * (m - 1) + 2 * j + 2) \
                    at screen left(j), 0.155 - 0.035 * m left noenhanced
            }
        }
        plot NaN
    }
    unset multiplot
    unset label
    eval axes
    set grid
    eval finish("budget", kind)
}
