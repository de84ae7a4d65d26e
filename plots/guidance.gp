# SPDX-License-Identifier: GPL-3.0-or-later
# What guidance samples. Reads laws.csv, distances.csv, residuals.csv, plane.csv and samples.csv of
# `out`; draws guidance.svg and guidance.png. Variables, all optional: mixture, schedule, label (the
# component), rho (sigma/s at the end).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("label")) label = 3
if (!exists("rho")) rho = 0.05

laws = out."/laws.csv"; distances = out."/distances.csv"; residuals = out."/residuals.csv"
plane = out."/plane.csv"; samples = out."/samples.csv"
set datafile columnheaders
left(j) = 0.06 + 0.325 * j
right(j) = left(j) + 0.265
array gamma[3] = [1, 2, 4]

# Where the laws that are shown have their mass.
stats laws using ($3 > 5e-4 || $4 > 5e-4 || $5 > 5e-4 ? $2 : NaN) name "x" nooutput
stats laws using 4 name "d" nooutput
stats distances using ($2 > $3 ? $2 : $3) name "w" nooutput
stats plane using 3 name "tilted" nooutput

do for [kind in "svg png"] {
    eval begin("guidance", kind, 1400, 900)
    set multiplot
    set label 9 "Guidance does not sample the tilted law, except at scales 0 and 1" at screen 0.5, 0.974 center font ",16"
    set label 8 sprintf("%s on %s, label: component %d, exact classifier; laws without Monte Carlo noise at σ/s = %g", \
        mixture, schedule, label, rho) at screen 0.5, 0.946 center font ",11" textcolor rgb "#404040"
    do for [j = 0:2] {
        eval panel(left(j), right(j), 0.55, 0.87)
        set label 1 sprintf("{/:Bold Scale γ = %g}", gamma[j + 1]) at graph 0, graph 1.06 left
        set xrange [x_min:x_max]; set yrange [0:d_max * 1.06]
        set xtics step(x_max - x_min); set ytics step(d_max)
        set xlabel "x" offset 0,0.4
        set ylabel j ? "" : "density" offset 1,0
        if (j == 0) { set key at graph 0.98, graph 0.98 right top Left reverse maxcols 1 font ",11" } else { unset key }
        g = gamma[j + 1]; dash = j ? 1 : 2 # at scale 1 both are one
        plot laws using ($1 == g ? $2 : NaN):3 with filledcurves y1=0 lc rgb pale title "tilted p_0(x) p(y|x)^γ", \
             laws using ($1 == g ? $2 : NaN):5 with lines lw 1.8 lc rgb blue title "guided SDE", \
             laws using ($1 == g ? $2 : NaN):4 with lines lw 1.8 lc rgb vermillion dt dash title "guided ODE"
        unset label 8; unset label 9
    }
    unset key

    eval panel(left(0), right(0), 0.075, 0.43)
    set label 1 "{/:Bold Distance to the tilted law}" at graph 0, graph 1.06 left
    set logscale x 2
    set xrange [0.23:8.6]; set yrange [-0.03 * w_max:w_max * 1.05]
    set xtics ("1/4" 0.25, "1/2" 0.5, "1" 1, "2" 2, "4" 4, "8" 8); set ytics step(w_max)
    set xlabel "scale γ" offset 0,0.4; set ylabel "W_1" offset 1,0
    set label 2 "0 at γ = 1" at 1.25, 0.015 * w_max left font ",11"
    set label 3 "ODE" at 4.6, w_max * 0.75 right textcolor rgb vermillion
    set label 4 "SDE" at 6, w_max * 0.215 right textcolor rgb blue
    plot distances using 1:2 with linespoints lw 1.5 pt 7 ps 0.5 lc rgb vermillion, \
         distances using 1:3 with linespoints lw 1.5 pt 7 ps 0.5 lc rgb blue
    unset label 2; unset label 3; unset label 4

    eval panel(left(1), right(1), 0.075, 0.43)
    set label 1 "{/:Bold Guided score less that of the noised tilted law}" at graph 0, graph 1.06 left
    unset logscale; set logscale xy
    set xrange [*:*] noextend; set yrange [1e-3:40]
    set xtics autofreq; set ytics autofreq; set format xy "10^{%T}"
    set xlabel "σ/s" offset 0,0.4; set ylabel "σ × rms difference" offset 1,0
    array told[4] = [0.5, 2, 4, 8]
    array tone[4] = [sky, green, orange, purple]
    set key at graph 0.03, graph 0.985 left top Left reverse font ",11" maxrows 2
    set label 2 "γ = 1: 0 but for rounding" at graph 0.97, graph 0.06 right font ",11"
    plot for [k = 1:4] residuals using ($1 == told[k] ? $2 : NaN):3 with lines lw 1.8 lc rgb tone[k] title sprintf("γ = %g", told[k])
    unset label 2; unset key; unset logscale; unset format

    eval panel(left(2), right(2), 0.075, 0.43)
    set label 1 "{/:Bold full-2d, γ = 4: tilted law and guided ODE}" at graph 0, graph 1.06 left
    set xrange [-2:3]; set yrange [-2:6]
    set xtics 1; set ytics 1
    set xlabel "x_1" offset 0,0.4; set ylabel "x_2" offset 1,0
    unset colorbox; set cbrange [0:1]
    unset grid
    plot plane using 1:2:(($3 / tilted_max)**0.5) with image, \
         samples using 1:2 with points pt 7 ps 0.14 lc rgb vermillion
    set grid
    unset label 1
    unset multiplot
    eval finish("guidance", kind)
}
