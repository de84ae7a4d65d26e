# SPDX-License-Identifier: GPL-3.0-or-later
# The figures of the demos: every column of NAME.csv against the first, blank lines break a curve; draws
# NAME.svg and NAME.png. Variables: name, title; optional: xlabel, ylabel, logscale ('xy'), xrange and
# yrange ('[a:b]'), zero (draw y = 0), points (the column drawn by points), thin (many curves: thin
# lines), first (the first curve's colour by name).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("xlabel")) xlabel = ""
if (!exists("ylabel")) ylabel = ""
if (!exists("points")) points = "0"
if (!exists("thin")) thin = 0

file = out."/".name.".csv"
set datafile columnheaders
stats file nooutput
columns = STATS_columns
if (!exists("first")) first = columns == 2 ? "blue" : "black"
array colour[4] = [value(first), vermillion, blue, green]
array dash[4] = [1, 2, 3, 4]
width = thin ? 1 : 2.2
dots = int(points)
dot_colour = colour[dots > 1 ? dots - 1 : 1]
set xlabel xlabel offset 0,0.4
set ylabel ylabel offset 1,0
if (exists("logscale")) { eval sprintf("set logscale %s", logscale); set format y "10^{%T}" }
if (exists("xrange")) eval sprintf("set xrange %s", xrange)
if (exists("yrange")) eval sprintf("set yrange %s", yrange)
if (exists("zero")) { set xzeroaxis linecolor rgb "#404040" linewidth 0.8 }

do for [kind in "svg png"] {
    eval begin(name, kind, 720, 440)
    set title sprintf("{/:Bold %s}", title) offset 0,1.4 font ",15"
    set tmargin 5
    set key at graph 0, graph 1.045 left bottom Left reverse horizontal samplen 2.5
    unset key; if (columns > 2) { set key }
    plot for [c = 2:columns] file using 1:c with lines lw width dt dash[c - 1] lc rgb colour[c - 1] \
        title (columns > 2 ? columnheader(c) : ""), \
        file using 1:(dots > 0 ? column(dots) : NaN) with points pt 7 ps 0.6 lc rgb dot_colour
    eval finish(name, kind)
}
