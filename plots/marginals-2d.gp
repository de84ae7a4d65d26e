# SPDX-License-Identifier: GPL-3.0-or-later
# marginals.gp in two dimensions: a column a time, a row a sampler, scatter under exact contours that
# hold 50 % and 90 % of the law; KS is the largest of three directions.
samples = out."/samples.csv"; ranges = out."/ranges.csv"
array sampler[3] = ["reverse SDE", "PF-ODE, Heun", "PF-ODE, rk45"]
array colour[3] = [blue, vermillion, orange]
left(j) = 0.07 + 0.1555 * j
bottom(i) = 0.065 + 0.288 * (2 - i)
# (gnuplot writes contours with blanks between numbers, whatever the separator is)
part(c) = real(word(strcol(1), c))
do for [kind in "svg png"] {
    eval begin("marginals", kind, 1400, 790)
    set multiplot
    set label 9 heading noenhanced at screen 0.5, 0.977 center font ",16"
    set label 8 "Contours hold 50 % and 90 % of the exact law. KS: the largest Kolmogorov–Smirnov distance of the projections on three directions, at 17°, 77° and 137° to x_1." \
        at screen 0.5, 0.95 center font ",10" textcolor rgb "#404040"
    unset key
    do for [j = 0:5] {
        eval entry(distances, 3 * j, 1); t = cell_max
        eval entry(ranges, j, 2); lo_x = cell_max
        eval entry(ranges, j, 3); hi_x = cell_max
        eval entry(ranges, j, 4); lo_y = cell_max
        eval entry(ranges, j, 5); hi_y = cell_max
        eval entry(ranges, j, 6); half = cell_max
        eval entry(ranges, j, 7); most = cell_max
        set xrange [lo_x:hi_x]; set yrange [lo_y:hi_y]
        set xtics step(hi_x - lo_x); set ytics step(hi_x - lo_x)
        # the contours, once for the three rows
        set contour base; unset surface
        set cntrparam levels discrete most, half
        set table $contours
        splot exact index j using 2:3:4
        unset table
        unset contour; set surface
        do for [i = 0:2] {
            eval panel(left(j), left(j) + 0.129, bottom(i), bottom(i) + 0.22)
            set datafile columnheaders
            stats distances using 3 + 2 * i every ::(3 * j)::(3 * j + 2) name "ks" nooutput
            unset datafile columnheaders
            if (i == 0) { set label 1 sprintf("{/:Bold t = %.3g}", t) at graph 0.5, graph 1.19 center }
            if (j == 0) { set label 2 sampler[i + 1] at graph -0.42, graph 0.5 center rotate by 90 }
            set label 4 (j == 0 ? "x_2" : "") at graph -0.25, graph 0.5 center font ",11"
            set label 5 (i == 2 ? "x_1" : "") at graph 0.5, graph -0.19 center font ",11"
            set label 3 sprintf("KS %.3f", ks_max) at graph 1, graph 1.06 right font ",10" textcolor rgb "#404040"
            plot samples index j using 2 * i + 2:2 * i + 3 with points pt 7 ps 0.18 lc rgb colour[i + 1], \
                 $contours using (part(1)):(part(2)) with lines lw 1.1 lc rgb black
            unset label 1; unset label 2; unset label 8; unset label 9
        }
    }
    unset multiplot
    unset label 3; unset label 4; unset label 5
    eval finish("marginals", kind)
}
