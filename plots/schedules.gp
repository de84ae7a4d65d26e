# SPDX-License-Identifier: GPL-3.0-or-later
# Noise schedules side by side. Reads NAME.csv of `out` for every NAME in `names`; draws schedules.svg
# and schedules.png. Variables, all optional: names (blank-separated), specs (what they are called in
# the figure), t_cross and s_cross (where the two VP signals cross), mixture.
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("names")) names = "vp-linear vp-cosine ve"
if (!exists("specs")) specs = names
if (!exists("mixture")) mixture = "three-1d"
if (!exists("t_cross")) t_cross = 0.99573
if (!exists("s_cross")) s_cross = 0.00667

file(i) = out."/".word(names, i).".csv"
n = words(names)
array colour[4] = [blue, vermillion, green, purple]
array style[4] = [1, 2, 4, 3]
gap = 0.05
left(i, m) = 0.05 + (i - 1) * (0.94 + gap) / m
right(i, m) = left(i, m) + (0.94 + gap) / m - gap
set xlabel "t" offset 0,0.5

do for [kind in "svg png"] {
    eval begin("schedules", kind, 1400, 800)
    set multiplot
    set label 9 sprintf("Noise schedules x_t = s x_0 + σ ε, with the standard deviation of x_t for %s", mixture) \
        at screen 0.05, 0.975 left font ",16"

    # above: signal and noise of each
    do for [i = 1:n] {
        set autoscale
        stats file(i) using 3 name "noise" nooutput
        stats file(i) using 1 name "time" nooutput
        eval panel(left(i, n + 1), right(i, n + 1), 0.56, 0.84)
        set label 1 sprintf("{/:Bold %s}", word(specs, i)) at graph 0, screen 0.925 left
        set key at graph 0, screen 0.905 left top Left reverse horizontal maxrows 1 samplen 1.5
        set xrange [time_min:time_max]
        wide = noise_max > 4
        if (wide) { set logscale y; set yrange [1e-2:noise_max * 1.3]; set format y "10^{%T}" }
        if (!wide) { set yrange [0:*]; set format y "%g" }
        plot file(i) using 1:7 with lines lw 1.5 dt 3 lc rgb black title "sd(x_t)", \
             file(i) using 1:2 with lines lw 2.5 lc rgb blue title "s", \
             file(i) using 1:3 with lines lw 2.5 lc rgb vermillion title "σ"
        unset logscale y; set format y "%g"
        unset label 9
    }
    # the two VP signals where they cross
    eval panel(left(n + 1, n + 1), right(n + 1, n + 1), 0.56, 0.84)
    set label 1 "{/:Bold VP signals near t = 1}" at graph 0, screen 0.925 left
    set label 2 sprintf("equal at\nt = %.5f", t_cross) at graph 0.98, graph 0.7 right
    set xrange [0.98:1]; set yrange [0:0.032]
    set xtics 0.01
    plot for [i = 1:2] file(i) using 1:2 with lines lw 2.5 dt style[i] lc rgb colour[i] title word("linear cosine", i), \
         "+" using (t_cross):(s_cross) every ::::0 with points pt 7 ps 0.9 lc rgb black
    unset label 2
    set xtics autofreq

    # below: what they are as SDEs
    set xrange [0:1]
    set key at graph 0, screen 0.438 left top Left reverse horizontal maxrows 1 samplen 3
    eval panel(left(1, 3), right(1, 3), 0.075, 0.37)
    set label 1 "{/:Bold Drift} f = s'/s" at graph 0, screen 0.46 left
    set yrange [-25:1]
    plot for [i = 1:n] file(i) using 1:4 with lines lw 2.2 dt style[i] lc rgb colour[i] title word(specs, i)
    eval panel(left(2, 3), right(2, 3), 0.075, 0.37)
    set label 1 "{/:Bold Diffusion} g^2" at graph 0, screen 0.46 left
    set logscale y; set yrange [1e-3:1e5]; set format y "10^{%T}"
    plot for [i = 1:n] file(i) using 1:5 with lines lw 2.2 dt style[i] lc rgb colour[i] title word(specs, i)
    unset logscale y; set format y "%g"
    eval panel(left(3, 3), right(3, 3), 0.075, 0.37)
    set label 1 "{/:Bold log-SNR} log(s^2/σ^2)" at graph 0, screen 0.46 left
    set yrange [-12:12]
    plot for [i = 1:n] file(i) using 1:(2 * $6) with lines lw 2.2 dt style[i] lc rgb colour[i] title word(specs, i)
    unset multiplot
    unset label 1
    eval finish("schedules", kind)
}
