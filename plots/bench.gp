# SPDX-License-Identifier: GPL-3.0-or-later
# Speed of Euler-Maruyama beside the machine's limit. Reads components.csv, dimensions.csv and
# threads.csv of `out`; draws bench.svg and bench.png.
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"

file(name) = out."/".name.".csv"
stats file("threads") using 1 name "threads" nooutput
stats file("threads") using ($1 == 1 ? $2 : NaN) name "one" nooutput
set grid ytics
set ylabel "million particle-steps a second" offset 1,0

do for [kind in "svg png"] {
    eval begin("bench", kind, 1400, 460)
    set multiplot
    set label 9 "Euler-Maruyama with the exact score of a mixture: measured, and the limit by the machine's own rates of exp, fma and normals" \
        at screen 0.05, 0.95 left font ",15"
    set key top right Left reverse samplen 2
    set logscale xy; set format y "%g"
    set xtics (1, 2, 4, 8, 16, 32, 64)

    eval panel(0.06, 0.34, 0.16, 0.78)
    set label 1 "{/:Bold Components}, two dimensions, one thread" at graph 0, screen 0.84 left
    set xlabel "components"; set xrange [0.9:72]; set yrange [1:*]
    plot file("components") using 1:($3 / 1e6) with lines lw 1.5 dt 3 lc rgb black title "limit", \
         file("components") using 1:($2 / 1e6) with linespoints lw 2 pt 7 ps 0.8 lc rgb blue title "measured"
    unset label 9

    eval panel(0.40, 0.68, 0.16, 0.78)
    set label 1 "{/:Bold Dimension}, eight components, one thread" at graph 0, screen 0.84 left
    set xlabel "dimension"; set xrange [0.9:18]; unset ylabel
    plot file("dimensions") using 1:($3 / 1e6) with lines lw 1.5 dt 3 lc rgb black title "limits", \
         file("dimensions") using 1:($5 / 1e6) with lines lw 1.5 dt 3 lc rgb black, \
         file("dimensions") using 1:($2 / 1e6) with linespoints lw 2 pt 7 ps 0.8 lc rgb blue title "isotropic", \
         file("dimensions") using 1:($4 / 1e6) with linespoints lw 2 pt 5 ps 0.8 lc rgb vermillion title "full covariances"
    unset logscale xy

    eval panel(0.74, 0.98, 0.16, 0.78)
    set label 1 "{/:Bold Threads}, eight components in the plane" at graph 0, screen 0.84 left
    set xlabel "threads"; set xtics autofreq; set xtics 1
    if (threads_max > 8) { set xtics autofreq }
    set key top left
    set xrange [0.5:threads_max + 0.5]; set yrange [0:1.5 * threads_max * one_max / 1e6]
    plot file("threads") using 1:($1 * one_max / 1e6) with lines lw 1.5 dt 2 lc rgb grey title "one thread's rate times as many", \
         file("threads") using 1:($3 / 1e6) with lines lw 1.5 dt 3 lc rgb black title "limit", \
         file("threads") using 1:($2 / 1e6) with linespoints lw 2 pt 7 ps 0.8 lc rgb blue title "measured"
    unset multiplot
    unset label 1
    set ylabel "million particle-steps a second" offset 1,0
    eval finish("bench", kind)
}
