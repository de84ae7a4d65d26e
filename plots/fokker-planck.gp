# SPDX-License-Identifier: GPL-3.0-or-later
# Three Fokker-Planck equations, solved. Reads density.csv, lines.csv, profile.csv, way.csv, points.csv
# and steps.csv of `out`; draws fokker-planck.svg and fokker-planck.png. Variables, all optional:
# mixture, schedule, logt (1: logarithmic time), t_min, t_max, points (that resolve), steps (of the
# study of points).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("logt")) logt = 0
if (!exists("t_min")) t_min = 1e-3
if (!exists("t_max")) t_max = 1
if (!exists("points")) points = 272
if (!exists("steps")) steps = 10000

heat = out."/density.csv"; lines = out."/lines.csv"; profile = out."/profile.csv"
way = out."/way.csv"; by_points = out."/points.csv"; by_steps = out."/steps.csv"
set datafile columnheaders
stats heat using 2 name "xi" nooutput
stats heat using 3 name "p" nooutput
stats heat using 4 name "j" nooutput
stats profile using 1 name "at" nooutput
stats profile using 2 name "later" nooutput
stats profile using 6 name "exact" nooutput
stats by_steps using ($1 < $5 ? $1 : $5) name "few" nooutput
stats by_steps using 3 name "many" nooutput
stats by_steps using 6 name "worst" nooutput
flow = j_max > -j_min ? j_max : -j_min

densities = "set palette defined (0 '#FFFFFF', 0.12 '#DCEAF5', 0.4 '#8DBFE0', 0.7 '#2F7FBA', 1 '#08305E')"
# Currents: blue down, vermillion up, white where nothing flows.
currents = "set palette defined (-1 '#003B6F', -0.55 '#3E8EC4', -0.18 '#C3DDEF', 0 '#FFFFFF', 0.18 '#FAD9C4', 0.55 '#E28A4E', 1 '#8F3A00')"

T(t) = logt ? log10(t) : t
time = "set xrange [T(t_min):T(t_max)]; set xlabel 't' offset 0,0.5"
if (logt) {
    time = time."; set xtics (1 T(1))"
    do for [i = -9:9] { time = time.sprintf("; set xtics add ('10^{%d}' %d)", i, i) }
}
left(k) = 0.05 + 0.328 * k
right(k) = left(k) + (k == 2 ? 0.275 : 0.25)
heading(k, bold, rest) = sprintf("{/:Bold %s}%s", bold, rest)
equations = "forward reverse continuity"
array name[3] = ["forward equation", "reverse SDE's equation", "PF-ODE's continuity equation"]
array colour[3] = [green, blue, vermillion]
array mark[3] = [8, 6, 4]
purples = "#E8C4D8 #DDA0C2 #CC79A7 #8E3B6A"

do for [kind in "svg png"] {
    eval begin("fokker-planck", kind, 1400, 960)
    set multiplot
    set label 9 sprintf("The Fokker–Planck equation solved three ways: %s, %s", mixture, schedule) at screen 0.5, 0.975 center font ",16"

    # density and current, as solved forward
    set xtics autofreq
    eval time
    set yrange [xi_min:xi_max]
    set ytics 1
    set ylabel "x / (E x_t^2)^{1/2}" offset 1,0
    unset grid; unset key
    eval panel(left(0), right(0), 0.57, 0.88)
    set label 1 "{/:Bold Density} p_t, with its quantiles 10 %, 20 %, ..." at graph 0, graph 1.055 left
    eval densities
    set cbrange [0:p_max]; set cbtics scale 0.4 autofreq
    set colorbox user origin screen right(0) + 0.006, screen 0.57 size screen 0.01, screen 0.31
    plot heat using (T($1)):2:3 with image, \
         for [c = 2:10] lines using (T($1)):c with lines lw 0.8 lc rgb black
    unset label 9
    eval panel(left(1), right(1), 0.57, 0.88)
    set label 1 sprintf("{/:Bold Current} J = f p – (g^2/2) ∂p/∂x%s, along the quantiles", logt ? ", per log t" : "") at graph 0, graph 1.055 left
    eval currents
    set cbrange [-flow:flow]
    set colorbox user origin screen right(1) + 0.006, screen 0.57 size screen 0.01, screen 0.31
    set ylabel ""
    plot heat using (T($1)):2:4 with image, \
         for [c = 2:10] lines using (T($1)):c with lines lw 0.8 lc rgb black

    # what the printed sign makes of it
    eval axes
    set grid
    eval panel(left(2), right(2), 0.57, 0.88)
    set label 1 "{/:Bold The current printed with +}: the density sharpens" at graph 0, graph 1.055 left
    set xrange [xi_min:xi_max]; set yrange [-0.6 * exact_max:3 * exact_max]
    top = 2.4 * exact_max # of the curves: the key is above
    set xtics 1; set ytics autofreq
    set xlabel "x / (E x_t^2)^{1/2}" offset 0,0.5
    set key at graph 0.03, graph 0.98 left top Left reverse samplen 1.5 font ",11"
    plot profile using 3:($5 < top ? $5 : NaN) with lines lw 1 lc rgb "#DDA0C2" title sprintf("t = %.3g, %d points", later_max, points / 2), \
         profile using 3:($4 < top ? $4 : NaN) with lines lw 2 lc rgb "#8E3B6A" title sprintf("t = %.3g", at_max), \
         profile using 3:6 with lines lw 1.6 lc rgb black title sprintf("t = %.3g, exact", at_max)

    # errors on the way
    eval axes
    eval panel(left(0), right(0), 0.075, 0.44)
    set label 1 "{/:Bold Errors on the way}, over the greatest density" at graph 0, graph 1.045 left
    set xtics autofreq
    eval time
    set ylabel ""
    set logscale y; set format y "10^{%T}"; set yrange [1e-16:1e14]; set ytics 1e-16, 1e4, 1e4 # the key is above the curves
    set key at graph 0.98, graph 0.97 right top Right noreverse samplen 1.5 font ",11"
    plot for [k = 3:6] way index k using (T($3)):($4 < 1e4 ? $4 : NaN) with lines lw 1.6 lc rgb word(purples, 7 - k) title k == 3 ? sprintf("printed current, %d points", points) : sprintf("%d", points / 2**(k - 3)), \
         for [k = 0:2] way index k using (T($3)):4 with lines lw 2 lc rgb colour[k + 1] title name[k + 1]

    # against points
    eval axes
    eval panel(left(1), right(1), 0.075, 0.44)
    set label 1 sprintf("{/:Bold Errors against points}, %d steps", steps) at graph 0, graph 1.045 left
    set logscale x
    set xrange [points / 9.0:points * 2.3]; set yrange [1e-16:10]; set ytics 1e4
    set xtics (8, 16, 32, 64, 128, 256, 512, 1024)
    set xlabel "points" offset 0,0.5
    set key at graph 0.03, graph 0.05 left bottom Left reverse samplen 1.5 font ",11"
    plot for [k = 1:3] by_points using 1:(column(word(equations, k))) with linespoints lw 1.6 pt mark[k] ps 0.9 lc rgb colour[k] title name[k]

    # against steps
    eval panel(left(2), right(2), 0.075, 0.44)
    set label 1 sprintf("{/:Bold Errors against steps}, %d points", points) at graph 0, graph 1.045 left
    set xrange [few_min / 1.3:many_max * 1.3]; set yrange [1e-16:worst_max * 100]; set ytics 1e2
    set xtics (100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
    set xlabel "steps" offset 0,0.5
    set label 2 "order 4" at few_min * 2.2, worst_max * 14 / 2.2**4 left font ",10"
    unset key
    plot for [k = 1:3] by_steps using (column(2 * k - 1)):(column(2 * k)) with linespoints lw 1.6 pt mark[k] ps 0.9 lc rgb colour[k], \
         "+" using (few_min * (1 + 3 * $0)):(worst_max * 6 / (1 + 3 * $0)**4) every ::::1 with lines dt 2 lw 1.2 lc rgb grey
    unset label 2
    unset logscale; set format y "%g"
    unset multiplot
    unset label
    eval axes
    eval finish("fokker-planck", kind)
}
