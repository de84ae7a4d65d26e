# SPDX-License-Identifier: GPL-3.0-or-later
# Speed of Euler-Maruyama beside the machine's limit, and below it what part of the limit is reached, with
# bars between the quartiles of the rounds.
# Reads components.csv, dimensions.csv, threads.csv and, if `ranked`, ranks.csv of `out`, else `unranked`
# says why not; draws bench.svg and bench.png.
if (!exists("plots")) plots = "plots"
if (!exists("ranked")) ranked = 0
if (!exists("unranked")) unranked = ""
load plots."/theme.gp"

file(name) = out."/".name.".csv"
stats file("threads") using 1 name "threads" nooutput
stats file("threads") using ($1 == 1 ? $2 / 1e6 : NaN) name "one" nooutput
stats file("threads") using ($3 / 1e6) name "all" nooutput
with_ranks = ranked ? ', file("ranks") using 1:($2 / 1e6) with linespoints lw 2 pt 5 ps 0.8 lc rgb vermillion title "ranks of one thread, under mpirun"' : ''
part_of_ranks = ranked ? ', file("ranks") using 1:($2 / $3) with linespoints lw 2 pt 5 ps 0.8 lc rgb vermillion, file("ranks") using 1:(0.13):(percent($2 / $3)) with labels font ",10" textcolor rgb vermillion' : ''
processes = ranked ? ' and {/:Bold ranks}' : ''
stats file("components") using ($2 / 1e6) name "c_low" nooutput
stats file("components") using ($3 / 1e6) name "c_high" nooutput
stats file("dimensions") using ($7 / 1e6) name "d_low" nooutput
stats file("dimensions") using ($3 / 1e6) name "d_high" nooutput
max(a, b) = a > b ? a : b
percent(part) = sprintf("%.0f %%", 100 * part)

x0(i) = 0.07 + 0.32 * i
x1(i) = x0(i) + 0.27
top(i) = panel(x0(i), x1(i), 0.42, 0.83).sprintf("; set label 1 at screen %g, 0.875 left; ", x0(i)). \
    "set format x ''; unset xlabel; set format y '%g'; set key bottom left Left reverse samplen 2 opaque"
below(i) = panel(x0(i), x1(i), 0.14, 0.36). \
    "; unset label 1; set format x '%g'; unset key; unset logscale y; set yrange [0:1.33]; set ytics 0, 0.5, 1; set format y '%g'"
rates = "set ytics (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000); set logscale y"

do for [kind in "svg png"] {
    eval begin("bench", kind, 1400, 560)
    set multiplot
    set grid ytics
    set errorbars small
    set label 9 "Euler-Maruyama with the exact score of a mixture: measured speed, and the limit that the machine's rates of exponentials, multiply-adds and normals set" \
        at screen x0(0), 0.95 left font ",15"
    set label 8 unranked."bars: quartiles over the rounds" at screen x1(2), 0.03 right font ",10" textcolor rgb grey
    set logscale x
    set xtics (1, 2, 4, 8, 16, 32, 64)

    set label 1 "{/:Bold Components} in the plane, one thread"
    eval top(0); eval rates
    set ylabel "million particle-steps a second"
    set xrange [0.78:82]; set yrange [c_low_min / 2:c_high_max * 1.4]
    plot file("components") using 1:($3 / 1e6) with lines lw 1.5 dt 3 lc rgb black title "limit", \
         file("components") using 1:($2 / 1e6) with linespoints lw 2 pt 7 ps 0.8 lc rgb blue title "measured"
    unset label 9; unset label 8
    eval below(0)
    set xlabel "components"; set ylabel "measured / limit"
    plot 1 with lines lw 1.5 dt 3 lc rgb black, \
         file("components") using 1:4:5:6 with yerrorlines lw 2 pt 7 ps 0.8 lc rgb blue, \
         file("components") using 1:(1.17):(percent($4)) with labels font ',10' textcolor rgb blue

    set label 1 "{/:Bold Dimension}, eight components, one thread"
    eval top(1); eval rates
    unset ylabel
    set xrange [0.78:20]; set yrange [d_low_min / 2:d_high_max * 1.4]
    plot file("dimensions") using 1:($3 / 1e6) with lines lw 1.5 dt 3 lc rgb black title "limits", \
         file("dimensions") using 1:($8 / 1e6) with lines lw 1.5 dt 3 lc rgb black, \
         file("dimensions") using 1:($2 / 1e6) with linespoints lw 2 pt 7 ps 0.8 lc rgb blue title "isotropic", \
         file("dimensions") using 1:($7 / 1e6) with linespoints lw 2 pt 5 ps 0.8 lc rgb vermillion title "full covariances"
    eval below(1)
    set xlabel "dimension"
    plot 1 with lines lw 1.5 dt 3 lc rgb black, \
         file("dimensions") using 1:4:5:6 with yerrorlines lw 2 pt 7 ps 0.8 lc rgb blue, \
         file("dimensions") using 1:9:10:11 with yerrorlines lw 2 pt 5 ps 0.8 lc rgb vermillion, \
         file("dimensions") using 1:(1.17):(percent($4)) with labels font ',10' textcolor rgb blue, \
         file("dimensions") using 1:(0.13):(percent($9)) with labels font ',10' textcolor rgb vermillion

    unset logscale x
    set label 1 "{/:Bold Threads}".processes.", eight components in the plane"
    eval top(2)
    set xtics autofreq
    if (threads_max <= 8) { set xtics 1 }
    set ytics autofreq; set key top left
    set xrange [0.5:threads_max + 0.5]; set yrange [0:(ranked ? 1.75 : 1.5) * max(all_max, threads_max * one_max)]
    plot file("threads") using 1:($1 * one_max) with lines lw 1.5 dt 2 lc rgb grey title "one thread's rate times as many", \
         file("threads") using 1:($3 / 1e6) with lines lw 1.5 dt 3 lc rgb black title "limit", \
         file("threads") using 1:($2 / 1e6) with linespoints lw 2 pt 7 ps 0.8 lc rgb blue title ranked ? "threads of one process" : "measured" @with_ranks
    eval below(2)
    set xlabel ranked ? "threads, ranks" : "threads"
    plot 1 with lines lw 1.5 dt 3 lc rgb black, \
         file("threads") using 1:4:5:6 with yerrorlines lw 2 pt 7 ps 0.8 lc rgb blue, \
         file("threads") using 1:(1.17):(percent($4)) with labels font ',10' textcolor rgb blue @part_of_ranks
    unset multiplot
    eval finish("bench", kind)
}
