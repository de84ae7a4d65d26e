# SPDX-License-Identifier: GPL-3.0-or-later
# Log-likelihoods by the probability-flow ODE and their parts. Reads tolerance.csv, ends.csv, priors.csv
# and means.csv of `out`; draws likelihoods.svg and likelihoods.png. Variables, all optional: mixture,
# schedule, own (which of `names` it is), dim, points, names (of the schedules, in the order of means.csv).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("own")) own = 1
if (!exists("dim")) dim = 1
if (!exists("points")) points = 256
if (!exists("names")) names = "vp-linear vp-cosine sub-vp ve edm flow"

tolerance = out."/tolerance.csv"; ends = out."/ends.csv"; priors = out."/priors.csv"; means = out."/means.csv"
set datafile columnheaders
stats means using 1 nooutput; n = int(STATS_max)
stats ends using 1 nooutput; rows = int(STATS_records)
stats ends using 2 name "noise" nooutput
array solver[2] = ["rk45", "rk8pd"]
array shade[2] = [vermillion, blue]
array hue[7] = [blue, vermillion, green, purple, orange, sky, grey]
array dash[7] = [1, 2, 4, 3, 5, 1, 1]
array mark[7] = [7, 5, 9, 11, 13, 4, 6]
array far[n]; array mismatch[n]
do for [k = 1:n] {
    stats priors using ($1 == k ? (far[k] = $3, mismatch[k] = $4, 0) : NaN) nooutput
}
# the columns of means.csv: parts of log q in nats, the last in bits/dim
array first[n] # the own schedule below the others
first[1] = own; dash[own] = 1
do for [k = 2:n] { first[k] = k <= own ? k - 1 : k }
array cells[8 * n + 8]
do for [k = 1:n] {
    do for [j = 2:8] {
        stats means using ($1 == k ? column(j) : NaN) name "cell" nooutput
        cells[8 * k + j] = cell_max
    }
}
array noise_at[rows]; array time_at[rows]
stats ends using (i = int($0) + 1, noise_at[i] = $2, time_at[i] = $1, 0) nooutput
array slope[2] = [0, 0]; array order[2] = [0, 0] # 0: not settled
stats tolerance using (k = int($1), slope[k] = valid(6) ? $6 : 0, order[k] = valid(7) ? $7 : 0, 0) nooutput
told(what, x) = x == 0 ? "" : sprintf(", %s %.3g", what, x)
ten(i) = sprintf("10^{%d}", i)
is(k, c) = column(1) == k ? column(c) : NaN
set logscale xy
set format y "10^{%T}"
title_at = "at graph -0.02, graph 1.08 left font ',13'"
key_of = "set key Left reverse samplen 2 spacing 1.15 font ',11'"
eval key_of
left(j) = 0.065 + 0.51 * j
right(j) = left(j) + 0.41

do for [kind in "svg png"] {
    eval begin("likelihoods", kind, 1200, 1120)
    set multiplot
    set label 9 sprintf("Log-likelihoods by the probability-flow ODE, and what is wrong with them: %s, %s", mixture, schedule) \
        at screen 0.5, 0.982 center font ",16"
    set label 8 sprintf("log q(x) = exact log p_0(x) + truncation + prior mismatch + integration error; panels: root mean squares over %d points of the data", points) \
        at screen 0.5, 0.959 center font ",12" textcolor rgb "#404040"

    # a: tolerance
    eval panel(left(0), right(0), 0.635, 0.895)
    eval sprintf("set label 1 '{/:Bold (a)  Integration error} against the tolerance' %s", title_at)
    set format x "10^{%T}"
    set xrange [2e-3:5e-13]; set yrange [1e-14:1e-1]
    set xtics (); do for [i = -12:-3:3] { set xtics add (ten(i) 10.0**i) }; set ytics 1e-14, 100
    set xlabel "rtol = atol, a step" offset 0,0.4; set ylabel "nats" offset 1.5,0
    set key bottom left at graph 0.03, graph 0.04
    plot for [k = 1:2] tolerance using (is(k, 2)):4 with linespoints lw 2 pt (k == 1 ? 7 : 5) ps 0.8 lc rgb shade[k] \
             title solver[k].told("slope", slope[k]), \
         for [k = 1:2] tolerance using (is(k, 2)):5 with lines lw 1 dt 3 lc rgb shade[k] title (k == 1 ? "dotted: the worst point" : ""), \
         x with lines lw 1 dt 2 lc rgb "#707070" title "error = tolerance"
    unset label 9; unset label 8

    # b: evaluations
    eval panel(left(1), right(1), 0.635, 0.895)
    eval sprintf("set label 1 '{/:Bold (b)  Integration error} against evaluations of the score' %s", title_at)
    set format x "%g"
    set xrange [90:2000]; set xtics (100, 200, 500, 1000, 2000)
    set xlabel "evaluations a point"
    set key bottom left at graph 0.03, graph 0.04
    plot for [k = 1:2] tolerance using (is(k, 3)):4 with linespoints lw 2 pt (k == 1 ? 7 : 5) ps 0.8 lc rgb shade[k] \
             title solver[k].told("last slope", -order[k]), \
         [450:1500] 1.6e-9 * (x / 450)**-5 with lines lw 1 dt 2 lc rgb "#707070" title "slopes -5 and -8", \
         [440:1000] 2e-11 * (x / 440)**-8 with lines lw 1 dt 2 lc rgb "#707070"

    # c: t_end, by the noise there
    eval panel(left(0), right(0), 0.245, 0.5)
    eval sprintf("set label 1 '{/:Bold (c)  The parts} against the end of the path, t_{end}' at graph -0.02, graph 1.15 left font ',13'")
    set format x "10^{%T}"
    set xrange [noise_min * 0.93:noise_max * 1.07]; set yrange [1e-12:10]
    set xtics (); do for [i = -4:0] { set xtics add (ten(i) 10.0**i) }; set ytics 1e-12, 100
    set xlabel "σ/s at t_{end}"
    do for [i = 0:rows - 1:(rows > 20 ? 5 : 2)] {
        set label 100 + i sprintf(i == 0 ? "t = %.2g" : "%.2g", time_at[i + 1]) at noise_at[i + 1], graph 1.045 center font ",10" textcolor rgb "#404040"
    }
    set key bottom right at graph 0.99, graph 0.03 opaque
    plot ends using 2:3 with lines lw 2.5 lc rgb orange title "truncation, log p_{end} - log p_0", \
         ends using 2:4 with lines lw 1.2 dt 2 lc rgb black title "its first order in σ^2", \
         ends using 2:(dim == 1 ? $8 : $6) with lines lw (dim == 1 ? 1.5 : 0) dt 4 lc rgb orange title (dim == 1 ? "its mean over all data, KL(p_0 || p_{end})" : ""), \
         ends using 2:5 with lines lw 2.5 lc rgb purple title "prior mismatch", \
         ends using 2:6 with lines lw 2.5 lc rgb vermillion title "integration, rk45 at 10^{-5}"
    do for [i = 0:rows - 1:(rows > 20 ? 5 : 2)] { unset label 100 + i }

    # d: schedules
    eval panel(left(1), right(1), 0.245, 0.5)
    eval sprintf("set label 1 '{/:Bold (d)  Prior mismatch} against the start of the path, t_{start}' at graph -0.02, graph 1.15 left font ',13'")
    set xrange [1.2:5e-4]; set yrange [1e-8:10]
    set xtics (); do for [i = -3:0] { set xtics add (ten(i) 10.0**i) }; set ytics 1e-8, 100
    set xlabel "s/σ at t_{start}"
    set key bottom left at graph 0.03, graph 0.04
    plot for [k = 1:n] priors using (is(first[k], 3)):4 with lines lw (k == 1 ? 3.5 : 1.6) dt dash[first[k]] \
             lc rgb hue[first[k]] notitle, \
         for [k = 1:n] "+" using (far[k]):(mismatch[k]) every ::::0 with points pt mark[k] ps 1.3 lc rgb hue[k] \
             title sprintf("%s, at its t_{max} %.1e", word(names, k), mismatch[k])
    unset label 1

    # below: what a paper would print
    unset logscale
    eval panel(0.03, 0.99, 0.02, 0.16)
    eval no_axes
    unset grid; unset key
    set label 1 "{/:Bold Means over the points}, in nats, of log q and of the parts that add up to it; bits/dim: -log_2 q over dim. rk45 at 10^{-5} over the whole usable interval" \
        at screen 0.03, 0.178 left font ",12"
    array head[8] = ["schedule", "evaluations", "log q", "= log p_0", "+ truncation", "+ prior", "+ integration", "bits/dim"]
    array at_[8] = [0.03, 0.225, 0.35, 0.475, 0.605, 0.725, 0.86, 0.97]
    set label 11 head[1] at screen at_[1], 0.148 left font ",12" textcolor rgb "#404040"
    do for [j = 2:8] { set label 10 + j head[j] at screen at_[j], 0.148 right font ",12" textcolor rgb "#404040" }
    do for [k = 1:n] {
        y = 0.148 - 0.021 * k
        set label 20 * k word(names, k) at screen at_[1], y left font (k == own ? "DejaVu Sans Bold,12" : ",12") textcolor rgb hue[k]
        do for [j = 2:8] {
            set label 20 * k + j sprintf(j == 2 ? "%.0f" : j < 5 || j == 8 ? "%.6f" : "%+.1e", cells[8 * k + j]) at screen at_[j], y right font ",12"
        }
    }
    plot NaN
    unset label
    unset multiplot
    eval axes
    set grid; set logscale xy
    eval key_of
    eval finish("likelihoods", kind)
}
