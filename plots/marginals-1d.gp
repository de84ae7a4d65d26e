# SPDX-License-Identifier: GPL-3.0-or-later
# marginals.gp in one dimension: a panel a time, histograms over the exact density.
bars = out."/histograms.csv"
bins = 60
do for [kind in "svg png"] {
    eval begin("marginals", kind, 1200, 760)
    set multiplot
    set label 9 heading noenhanced at screen 0.5, 0.972 center font ",16"

    # the key, in a strip of its own, and the labels of the rows
    eval panel(0.05, 0.975, 0.89, 0.94)
    set label 3 "density" at screen 0.012, screen 0.68 center rotate by 90
    set label 4 "density" at screen 0.012, screen 0.245 center rotate by 90
    eval no_axes
    set key at screen 0.057, screen 0.945 left top Left reverse horizontal maxrows 1
    plot NaN with boxes lc rgb band_half title "reverse SDE", \
         NaN with lines lw 1.6 lc rgb vermillion title "PF-ODE by Heun", \
         NaN with points pt 6 ps 0.5 lw 1.2 lc rgb orange title "PF-ODE by rk45", \
         NaN with lines lw 1.2 lc rgb black title "exact density p_t"
    unset label; unset key
    eval axes

    do for [j = 0:5] {
        eval entry(distances, j, 1); t = cell_max
        eval entry(distances, j, 3); ks_sde = cell_max
        eval entry(distances, j, 5); ks_heun = cell_max
        eval entry(distances, j, 7); ks_rk45 = cell_max
        set autoscale
        stats exact using 2 index j name "x" nooutput
        half = 0.5 * (x_max - x_min) / bins
        row = j / 3; col = j % 3
        eval panel(0.06 + 0.322 * col, 0.06 + 0.322 * col + 0.275, row ? 0.095 : 0.53, row ? 0.395 : 0.83)
        set label 1 sprintf("{/:Bold t = %.3g}", t) at graph 0, graph 1.1 left
        set label 2 sprintf("KS: SDE %.3f, Heun %.3f, rk45 %.3f", ks_sde, ks_heun, ks_rk45) \
            at graph 1, graph 1.1 right font ",11" textcolor rgb "#404040"
        set xrange [x_min:x_max]; set yrange [0:*]
        set xlabel row ? "x" : ""
        plot bars index j using ($2 - half):3 with fillsteps lc rgb band_half, \
             bars index j using 2:4 with histeps lw 1.6 lc rgb vermillion, \
             bars index j using 2:5 with points pt 6 ps 0.5 lw 1.2 lc rgb orange, \
             exact index j using 2:3 with lines lw 1.2 lc rgb black
    }
    unset multiplot
    unset label
    eval finish("marginals", kind)
}
