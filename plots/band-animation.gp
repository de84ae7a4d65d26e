# SPDX-License-Identifier: GPL-3.0-or-later
# The animation of band.gp, which sets the variables: the bands as they unfold from noise to data, and
# beside each panel, sideways, the densities at that moment. (GIF lines know no dashes: the mean is
# broken by rows.)

stats strips using 3 name "s" nooutput # the highest marginal density: the strips' common scale
height = 1.25 * s_max
rows = t_records
hold = 15 # extra frames at the end, so that it can be looked at
eval begin("band", "gif", 960, 470)
do for [i = 0:frames - 1 + hold] {
    k = i < frames ? i : frames - 1
    j = k * stride < rows - 1 ? k * stride : rows - 1
    set datafile columnheaders
    set autoscale
    stats fixed using 1 every ::j::j name "now" nooutput
    stats fixed using ($9 / $2) every ::j::j name "path" nooutput
    set multiplot

    eval panel(0.055, 0.985, 0.9, 0.97)
    eval no_axes
    unset grid
    set key at screen 0.046, screen 0.985 left top Left reverse horizontal maxrows 1
    set label 2 sprintf("t = %.3f", now_max) at screen 0.985, screen 0.955 right font ",14"
    plot NaN with boxes lc rgb band_wide title "SDE 5–95 %", NaN with boxes lc rgb band_half title "SDE 25–75 %", \
         NaN with lines lw 2 lc rgb blue title "SDE mean", NaN with lines lw 3 lc rgb vermillion title "PF-ODE", \
         NaN with lines lw 1 lc rgb black title "exact"
    unset label 2; unset key
    eval axes; eval time
    set grid
    set yrange [y_min:y_max]
    set ytics format "%g"
    set ylabel yname offset 1.5,0

    eval panel(0.055, 0.385, 0.115, 0.84)
    set label 1 from_one at screen 0.055, screen 0.88 left
    plot fixed using (T($1)):(v("sde_05")):(v("sde_95")) every ::0::j with filledcurves lc rgb band_wide, \
         fixed using (T($1)):(v("sde_25")):(v("sde_75")) every ::0::j with filledcurves lc rgb band_half, \
         fixed using (T($1)):(int($0) % 5 < 3 ? v("sde_mean") : NaN) every ::0::j with lines lw 2 lc rgb blue, \
         for [q in quantiles] fixed using (T($1)):(v("exact_".q)) every ::0::j with lines lw 1 lc rgb black, \
         fixed using (T($1)):(v("ode")) every ::0::j with lines lw 3 lc rgb vermillion, \
         fixed using (T($1)):(v("ode")) every ::j::j with points pt 7 ps 0.8 lc rgb vermillion

    eval panel(0.555, 0.885, 0.115, 0.84)
    set label 1 from_law at screen 0.555, screen 0.88 left
    plot free using (T($1)):(v("sde_05")):(v("sde_95")) every ::0::j with filledcurves lc rgb band_wide, \
         free using (T($1)):(v("sde_25")):(v("sde_75")) every ::0::j with filledcurves lc rgb band_half, \
         for [q in quantiles] free using (T($1)):(v("ode_".q)) every ::0::j with lines lw 3 lc rgb vermillion, \
         for [q in quantiles] free using (T($1)):(v("exact_".q)) every ::0::j with lines lw 1 lc rgb black
    unset label 1

    # the densities: p(x_t | start) and p_t, simulated (filled; the ODE's outlined) and exact
    unset datafile columnheaders # every block would lose its first row
    unset xlabel; unset ylabel; unset grid; unset xtics
    set border 2
    set ytics format ""
    set xrange [0:height]
    eval panel(0.395, 0.475, 0.115, 0.84)
    set arrow 1 from 0, path_max to height, path_max nohead lw 3 lc rgb vermillion
    plot strips index k using 5:2 with filledcurves x1=0 lc rgb band_half, \
         strips index k using 4:2 with lines lw 1 lc rgb black
    unset arrow 1
    eval panel(0.895, 0.975, 0.115, 0.84)
    plot strips index k using 6:2 with filledcurves x1=0 lc rgb band_half, \
         strips index k using 7:2 with lines lw 2 lc rgb vermillion, \
         strips index k using 3:2 with lines lw 1 lc rgb black
    unset multiplot
}
eval finish("band", "gif")
