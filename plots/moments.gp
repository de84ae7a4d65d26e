# SPDX-License-Identifier: GPL-3.0-or-later
# Mean and variance of the forward SDE, a column a schedule. Reads NAME.csv of `out` for the six
# schedules; draws moments.svg and moments.png. Variables, optional: mixture, paths (how many).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "gaussian-1d"
if (!exists("paths")) paths = 20000

names = "vp-linear vp-cosine sub-vp ve edm flow"
file(i) = out."/".word(names, i).".csv"
set datafile columnheaders
left(i) = 0.062 + 0.158 * (i - 1)
right(i) = left(i) + 0.128
low(r) = 0.645 - 0.283 * r
high(r) = low(r) + 0.215
array start[6]; array end[6]; array least[6]; array most[6]; array top[6]; array size[6]; array long[6]; array wide[6]
do for [i = 1:6] {
    stats file(i) using 1 name "t" nooutput
    stats file(i) using 4 name "v" nooutput
    stats file(i) using 2 name "m" nooutput
    start[i] = t_max > 5 || t_min > 0.01 ? t_min : 0; end[i] = t_max; least[i] = v_min; most[i] = v_max; top[i] = m_max > 0; size[i] = top[i] ? m_max : m_min
    long[i] = end[i] > 5; wide[i] = most[i] > 20 * least[i]
}
# In standard errors, six of which are columns 3 and 5.
of_mean(c) = 6 * (column(c) - $2) / $3
of_var(c) = 6 * (column(c) - $4) / $5
letter(r) = word("(a) (b) (c)", r + 1)

do for [kind in "svg png"] {
    eval begin("moments", kind, 1400, 900)
    set multiplot
    set label 9 sprintf("Mean and variance of the forward SDE on six schedules, from %s", mixture) at screen 0.5, 0.977 center font ",16"
    set label 8 sprintf("bands: six standard errors of %d paths to either side of the closed form", paths) \
        at screen 0.5, 0.952 center font ",12" textcolor rgb "#404040"
    # the key, in a strip of its own
    eval panel(0.06, 0.99, 0.9, 0.935)
    eval no_axes
    set key at screen 0.5, 0.938 center top Left reverse horizontal maxrows 1 samplen 2 width -1 font ",12"
    plot NaN with boxes lc rgb band_half title "closed form ± 6 s.e.", NaN with lines lw 2 lc rgb black title "GSL", \
         NaN with points pt 7 ps 0.8 lc rgb blue title "paths", NaN with points pt 6 ps 0.9 lw 1.2 lc rgb green title "paths, variance below", \
         NaN with lines lw 1.8 dt 2 lc rgb vermillion title "control: f m/2", \
         NaN with lines lw 1.8 dt 5 lc rgb purple title "control: f var + g^2", \
         NaN with lines lw 1.8 dt 4 lc rgb orange title "control: 2 f var + g"
    unset key; unset label 9; unset label 8
    eval axes

    do for [i = 1:6] {
        set xrange [start[i]:end[i]]
        if (long[i]) { set logscale x; set format x "10^{%T}"; set xtics 10 }
        if (!long[i]) { set format x "%g"; set xtics 0.5 }
        # means
        eval panel(left(i), right(i), low(0), high(0))
        set label 1 sprintf("{/:Bold %s}", word(names, i)) at graph 0.5, graph 1.07 center font ",13"
        if (i == 1) { set label 2 "mean,  m' = f m" at graph -0.36, graph 0.5 center rotate by 90 font ",13" }
        if (i == 1) { set label 3 "variance,  var' = 2 f var + g^2" at screen 0.0128, screen (low(1) + high(1)) / 2 center rotate by 90 font ",13" }
        if (i == 1) { set label 4 "off by, in standard errors" at screen 0.0128, screen (low(2) + high(2)) / 2 center rotate by 90 font ",13" }
        set yrange [(top[i] ? -0.08 : 1.25) * size[i]:(top[i] ? 1.25 : 0.08) * size[i]]
        if (word(names, i) eq "ve" || word(names, i) eq "edm") { set label 5 "f = 0" at graph 0.08, graph 0.12 left font ",12" textcolor rgb "#404040" }
        plot file(i) using 1:($2 - $3):($2 + $3) with filledcurves lc rgb band_half, \
             file(i) using 1:6 with lines lw 2 lc rgb black, \
             file(i) using 1:8 with lines lw 1.8 dt 2 lc rgb vermillion, \
             file(i) using 1:11 with points pt 7 ps 0.6 lc rgb blue
        unset label 1; unset label 2; unset label 3; unset label 4; unset label 5
        # variances
        eval panel(left(i), right(i), low(1), high(1))
        if (wide[i]) { set logscale y; set format y "10^{%T}"; set yrange [least[i] / 2:most[i] * 3] }
        if (!wide[i]) { set yrange [0:most[i] * 1.5] }
        plot file(i) using 1:($4 - $5):($4 + $5) with filledcurves lc rgb band_half, \
             file(i) using 1:7 with lines lw 2 lc rgb black, \
             file(i) using 1:9 with lines lw 1.8 dt 5 lc rgb purple, \
             file(i) using 1:10 with lines lw 1.8 dt 4 lc rgb orange, \
             file(i) using 1:12 with points pt 7 ps 0.6 lc rgb blue
        unset logscale y; set format y "%g"
        # in standard errors
        eval panel(left(i), right(i), low(2), high(2))
        set yrange [-14:14]; set ytics 6
        set xlabel "t" offset 0,0.5
        plot file(i) using 1:(-6):(6) with filledcurves lc rgb band_half, \
             file(i) using 1:(of_mean(6)) with lines lw 2 lc rgb black, \
             file(i) using 1:(of_mean(8)) with lines lw 1.8 dt 2 lc rgb vermillion, \
             file(i) using 1:(of_var(9)) with lines lw 1.8 dt 5 lc rgb purple, \
             file(i) using 1:(of_var(10)) with lines lw 1.8 dt 4 lc rgb orange, \
             file(i) using 1:(of_mean(11)) with points pt 7 ps 0.6 lc rgb blue, \
             file(i) using 1:(of_var(12)) with points pt 6 ps 0.7 lw 1.2 lc rgb green
        unset xlabel; set ytics autofreq
        unset logscale x; set format x "%g"
    }
    unset multiplot
    unset label
    eval finish("moments", kind)
}
