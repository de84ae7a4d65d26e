# SPDX-License-Identifier: GPL-3.0-or-later
# The probability-flow ODE as a map. Reads map.csv, basins.csv, plane.csv, paths.csv and pairs.csv of
# `out`; draws transport.svg and transport.png. Variables, all optional: line, plane (the mixtures),
# schedule, pairs and moved (draws, and how many get another image at the least cost), cost (mean |x - y|^2
# in the plane), excess and excess_1 (what the map costs above the least, of it, in the plane and on the
# line), reach and side (of the grid of starts), valleys (rows of basins.csv).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("line")) line = "three-1d"
if (!exists("plane")) plane = "full-2d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("pairs")) pairs = 320
if (!exists("moved")) moved = 0
if (!exists("cost")) cost = 0
if (!exists("excess")) excess = 0
if (!exists("excess_1")) excess_1 = 0
if (!exists("reach")) reach = 2.6
if (!exists("side")) side = 61
if (!exists("valleys")) valleys = 2

map = out."/map.csv"; basins = out."/basins.csv"; grid = out."/plane.csv"; paths = out."/paths.csv"; matched = out."/pairs.csv"
set datafile columnheaders
stats map using 1 name "x" nooutput
stats map using 2 name "y" nooutput
stats map using 3 name "slope" nooutput
stats map using (abs(log($5 / $6))) name "line_gap" nooutput
stats grid using 5 name "odd" nooutput
stats grid using (abs(log($6 / $7))) name "plane_gap" nooutput
stats grid using 6 name "det" nooutput
stats paths using 2 name "noise" nooutput
gradient = odd_max < 1e-10 # rounding only: the solver's own is symmetric where the Hessians are
least = gradient ? 1e-18 : 1e-8 # of (f)
odd_top = gradient ? 1e-10 : odd_max
cell = side > 1 ? 2 * reach / (side - 1) / 2 : 0 # half of one: the starts are the middles
# the window of (d): around the pairs that change, or all
stats matched using (moved == 0 || $7 > 0.5 ? $1 : NaN) name "a" nooutput
stats matched using (moved == 0 || $7 > 0.5 ? $2 : NaN) name "b" nooutput
stats matched using (moved == 0 || $7 > 0.5 ? $3 : NaN) name "c" nooutput
stats matched using (moved == 0 || $7 > 0.5 ? $4 : NaN) name "d" nooutput
lo0 = a_min < c_min ? a_min : c_min; hi0 = a_max > c_max ? a_max : c_max
lo1 = b_min < d_min ? b_min : d_min; hi1 = b_max > d_max ? b_max : d_max
w0 = 0.1 * (hi0 - lo0); w1 = 0.1 * (hi1 - lo1)
lo0 = lo0 - w0; hi0 = hi0 + w0; lo1 = lo1 - w1; hi1 = hi1 + w1
n_basins = 0
array threshold[65]; array valley[65]
if (valleys > 0) { stats basins using (n_basins = n_basins + 1, threshold[n_basins] = $1, valley[n_basins] = $2, 0) nooutput }
array tint[3] = ["#EAF2F8", "#FBEFE6", "#E8F5F0"]
threshold[n_basins + 1] = x_max
left(j) = 0.05 + 0.335 * j
right(j) = left(j) + 0.27
low(r) = r == 0 ? 0.57 : 0.075
high(r) = low(r) + 0.335
ten(i) = sprintf("10^{%d}", i)
title_at = "at graph -0.02, graph 1.12 left font ',13'"
below_at = "at graph -0.02, graph 1.05 left font ',10.5' textcolor rgb '#404040'"
set key Left reverse samplen 2 spacing 1.15 font ",11"

do for [kind in "svg png"] {
    eval begin("transport", kind, 1400, 960)
    set multiplot
    set label 9 sprintf("The map of the probability-flow ODE, from noise to data: %s and %s, %s", line, plane, schedule) \
        at screen 0.5, 0.977 center font ",16"

    # a: the map on the line
    eval panel(left(0), right(0), low(0), high(0))
    eval sprintf("set label 1 '{/:Bold (a)  On a line}: monotone, hence optimal' %s", title_at)
    eval sprintf("set label 2 'shaded: starts that lead to one mode, parted by F_T^{-1}(F_0(valley))' %s", below_at)
    set xrange [x_min:x_max]; set yrange [y_min - 0.05 * (y_max - y_min):y_max + 0.05 * (y_max - y_min)]
    do for [k = 1:n_basins + 1] {
        set object k rectangle from (k == 1 ? x_min : threshold[k - 1]), graph 0 to threshold[k], graph 1 \
            behind fillcolor rgb tint[(k - 1) % 3 + 1] fillstyle solid noborder
        if (k <= n_basins) {
            set label 20 + k sprintf("%.4f", threshold[k]) at threshold[k], graph 0.03 left offset 0.3,0 font ",10" textcolor rgb "#404040"
        }
    }
    set xlabel "start x_T" offset 0,0.4; set ylabel "end x_0" offset 1.5,0
    set key top left at graph 0.03, graph 0.97
    plot map using 1:2 with lines lw 2.5 lc rgb black title "F_0^{-1}(F_T(x))", \
         map using 1:4 every 12 with points pt 6 ps 1 lw 1.6 lc rgb vermillion title "PF-ODE"
    do for [k = 1:n_basins + 1] { unset object k; unset label 20 + k }
    unset label 9

    # b: its slope
    eval panel(left(1), right(1), low(0), high(0))
    eval sprintf("set label 1 '{/:Bold (b)  Its slope} is p_T(x)/p_0(y), steep between modes' %s", title_at)
    set label 2 sprintf("at most %.3g; |log(J p_0/p_T)| ≤ %.0e", slope_max, line_gap_max) at graph -0.02, graph 1.05 left font ",10.5" textcolor rgb "#404040"
    set logscale y; set yrange [slope_min / 2:slope_max * 3]; set format y "10^{%T}"
    set xlabel "start x_T"; set ylabel "dx_0/dx_T" offset 0.5,0
    set key top right at graph 0.98, graph 0.97
    plot map using 1:3 with lines lw 2.5 lc rgb black title "p_T(x)/p_0(y)", \
         map using 1:5 every 12 with points pt 6 ps 1 lw 1.6 lc rgb vermillion title "variational equation"

    # c: volumes on the line and in the plane
    eval panel(left(2), right(2), low(0), high(0))
    eval sprintf("set label 1 '{/:Bold (c)  Volumes}: det J = p_T(x)/p_0(y) in both' %s", title_at)
    set label 2 sprintf("|log| of the ratio ≤ %.0e on the line, %.0e in the plane", line_gap_max, plane_gap_max) at graph -0.02, graph 1.05 left font ",10.5" textcolor rgb "#404040"
    set logscale x; set format x "10^{%T}"
    set xrange [(det_min < slope_min ? det_min : slope_min) / 2:(det_max > slope_max ? det_max : slope_max) * 2]
    set yrange [(det_min < slope_min ? det_min : slope_min) / 2:(det_max > slope_max ? det_max : slope_max) * 2]
    set xtics 1e-8, 10; set ytics 1e-8, 10
    set xlabel "p_T(x)/p_0(y)"; set ylabel "det J" offset 1.5,0
    set key bottom right at graph 0.98, graph 0.04
    plot x with lines lw 1 lc rgb black title "equal", \
         grid using 7:6 with points pt 7 ps 0.35 lc rgb blue title plane, \
         map using 6:5 every 6 with points pt 6 ps 0.9 lw 1.4 lc rgb vermillion title line
    unset logscale; set format "%g"
    set xtics autofreq; set ytics autofreq

    # d: pairs
    eval panel(left(0), right(0), low(1), high(1))
    eval sprintf("set label 1 '{/:Bold (d)  In the plane} %s' %s", moved > 0 ? "another assignment costs less" : gradient ? "no assignment costs less" : "no assignment of so few draws costs less", title_at)
    set label 2 (moved > 0 ? sprintf("%d of %d draws change images: mean |x - y|^2 = %.4f falls by %.2g %%", moved, pairs, cost, 100 * excess / (1 + excess)) \
        : sprintf("all %d draws keep their images: mean |x - y|^2 = %.4f is the least", pairs, cost)) \
        at graph -0.02, graph 1.05 left font ",10.5" textcolor rgb "#404040"
    set xrange [lo0:hi0]; set yrange [lo1 - 0.3 * (hi1 - lo1):hi1]
    set xlabel "x_1"; set ylabel "x_2" offset 1.5,0
    set key bottom left at graph 0.02, graph 0.02 opaque
    plot matched using 1:2:($3 - $1):($4 - $2) with vectors nohead lw 0.7 lc rgb "#BBBBBB" title "PF-ODE, from x_T to x_0", \
         matched using 3:4 with points pt 7 ps 0.6 lc rgb "#808080" title "x_0", \
         matched using ($7 > 0.5 ? $1 : NaN):2:($3 - $1):($4 - $2) with vectors nohead lw 2 lc rgb vermillion title (moved > 0 ? "PF-ODE, where the best differs" : ""), \
         matched using ($7 > 0.5 ? $1 : NaN):2:($5 - $1):($6 - $2) with vectors nohead lw 2 dt 2 lc rgb black title (moved > 0 ? "least cost there" : "")
    unset label 2

    set key noopaque
    # e: asymmetry over starts
    eval panel(left(1), right(1) - 0.03, low(1), high(1))
    eval sprintf("set label 1 '{/:Bold (e)  %s}: asymmetry of J over the starts' %s", gradient ? "A gradient here" : "No gradient", title_at)
    eval sprintf("set label 2 '|J_{12} - J_{21}|/2 over the largest entry; %s' %s", gradient ? sprintf("at most %.0e, rounding", odd_max) : "0 for an optimal map", below_at)
    set xrange [-reach - cell:reach + cell]; set yrange [-reach - cell:reach + cell]
    set cbrange [0:odd_top]
    set colorbox user origin screen right(1) - 0.024, screen low(1) size screen 0.01, screen high(1) - low(1)
    set cbtics scale 0.4 font ",10"
    set xlabel "start x_{T,1}"; set ylabel "start x_{T,2}" offset 1.5,0
    unset grid
    plot grid using 1:2:5 with image, \
         for [k = 0:7] "+" using (reach / 2.6 * cos(pi * k / 4)):(reach / 2.6 * sin(pi * k / 4)) every ::::0 with points pt 7 ps 0.9 lc rgb vermillion
    set grid; unset colorbox

    # f: along paths
    eval panel(left(2), right(2), low(1), high(1))
    eval sprintf("set label 1 '{/:Bold (f)  Along eight paths}, from the dots of (e)' %s", title_at)
    eval sprintf("set label 2 '%s' %s", gradient ? "symmetric all the way: Hessians of different times commute" : "symmetric at first, then Hessians of different times do not commute", below_at)
    set logscale xy
    set xrange [noise_max * 1.2:noise_min / 1.2]; set yrange [least:1]; set ytics least, (gradient ? 1e3 : 10)
    set format x "10^{%T}"; set format y "10^{%T}"
    set xtics (); do for [i = -4:4] { if (10.0**i >= noise_min / 1.2 && 10.0**i <= noise_max * 1.2) { set xtics add (ten(i) 10.0**i) } }
    set xlabel "σ/s, from noise to data"; set ylabel "asymmetry of J" offset 1.5,0
    # what is 0 exactly lies on the axis
    set label 3 (gradient ? "below this a gradient, but for rounding" : "") at graph 0.97, first 1e-10 right offset 0,0.7 font ",10" textcolor rgb "#404040"
    plot for [k = 0:7] paths using 2:($5 > least ? $5 : gradient ? least : $5) index k with lines lw 1.8 lc rgb vermillion, \
         (gradient ? 1e-10 : NaN) with lines lw 1 dt 2 lc rgb "#404040"
    unset label 3
    unset logscale; set format "%g"; set xtics autofreq; set ytics autofreq
    unset multiplot
    unset label
    eval finish("transport", kind)
}
