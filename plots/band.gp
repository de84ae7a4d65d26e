# SPDX-License-Identifier: GPL-3.0-or-later
# The bands of the reverse SDE and the probability-flow ODE. Reads fixed.csv, free.csv,
# trajectories.csv, density.csv and strips.csv of `out`; draws band.svg and band.png,
# then band.gif by band-animation.gp. Variables, all optional: mixture, schedule, start (x at the left panel's start), scaled (1: x is
# drawn in standard deviations of x_t), logt (1: logarithmic time), frames (of the animation),
# stride (rows of the tables from one frame to the next).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("start")) start = 1.5
if (!exists("scaled")) scaled = 0
if (!exists("logt")) logt = 0
if (!exists("frames")) frames = 51
if (!exists("stride")) stride = 2

fixed = out."/fixed.csv"; free = out."/free.csv"; paths = out."/trajectories.csv"
heat = out."/density.csv"; strips = out."/strips.csv"
set datafile columnheaders
stats fixed using 1 name "t" nooutput
stats heat using 2 name "y" nooutput
stats heat using 3 name "p" nooutput
v(c) = column(c) / column("scale")
quantiles = "05 25 50 75 95"

# Where t is drawn: an image knows no logarithmic axis, so that the logarithm is taken here.
T(t) = logt ? log10(t) : t
t_end = logt || t_min > 0.01 * t_max ? t_min : 0
time = "set xrange [T(t_max):T(t_end)]; set xlabel 't, from noise to data' offset 0,0.4"
if (logt) {
    do for [i = -9:9] { time = time.sprintf("; set xtics add ('10^{%d}' %d)", i, i) }
    time = "set xtics (1 T(1)); ".time
}
yname = scaled ? "x_t / sd(x_t)" : "x_t"
from_one = sprintf("{/:Bold From one point}, x_{%.3g} = %.3g", t_max, start)
from_law = sprintf("{/:Bold From the marginal}, x_{%.3g} ∼ p_{%.3g}", t_max, t_max)
set key left top Left reverse horizontal maxrows 1

do for [kind in "svg png"] {
    eval begin("band", kind, 1200, 940)
    set multiplot
    set label 9 sprintf("Reverse SDE and probability-flow ODE: %s, %s", mixture, schedule) noenhanced \
        at screen 0.5, 0.977 center font ",16"

    # the key of both bands, in a strip of its own
    eval panel(0.06, 0.985, 0.9, 0.95)
    eval no_axes
    set key at screen 0.052, screen 0.952
    plot NaN with boxes lc rgb band_wide title "SDE 5–95 %", NaN with boxes lc rgb band_half title "SDE 25–75 %", \
         NaN with lines dt 2 lw 2 lc rgb blue title "SDE mean", NaN with lines lw 3 lc rgb vermillion title "PF-ODE", \
         NaN with lines lw 0.8 lc rgb black title "exact quantiles", NaN with lines dt 3 lw 1.2 lc rgb black title "exact mean"
    unset label 9; unset key
    eval axes; eval time
    set yrange [y_min:y_max]
    set ylabel yname offset 1,0

    # left: one start, the ODE's one path
    eval panel(0.06, 0.485, 0.55, 0.875)
    set label 1 from_one at graph 0, screen 0.895 left
    plot fixed using (T($1)):(v("sde_05")):(v("sde_95")) with filledcurves lc rgb band_wide, \
         fixed using (T($1)):(v("sde_25")):(v("sde_75")) with filledcurves lc rgb band_half, \
         fixed using (T($1)):(v("sde_mean")) with lines dt 2 lw 2 lc rgb blue, \
         for [q in quantiles] fixed using (T($1)):(v("exact_".q)) with lines lw 0.8 lc rgb black, \
         fixed using (T($1)):(v("exact_mean")) with lines dt 3 lw 1.2 lc rgb black, \
         fixed using (T($1)):(v("ode")) with lines lw 3 lc rgb vermillion

    # right: starts from the marginal, the ODE's quantiles
    eval panel(0.56, 0.985, 0.55, 0.875)
    set label 1 from_law at graph 0, screen 0.895 left
    plot free using (T($1)):(v("sde_05")):(v("sde_95")) with filledcurves lc rgb band_wide, \
         free using (T($1)):(v("sde_25")):(v("sde_75")) with filledcurves lc rgb band_half, \
         for [q in quantiles] free using (T($1)):(v("ode_".q)) with lines lw 3 lc rgb vermillion, \
         for [q in quantiles] free using (T($1)):(v("exact_".q)) with lines lw 0.8 lc rgb black

    # below: the density, with trajectories of the ODE
    eval panel(0.06, 0.905, 0.07, 0.44)
    set label 1 "{/:Bold Density} p_t(x) with PF-ODE trajectories, which in one dimension are its quantile curves" \
        at graph 0, screen 0.463 left
    set cbrange [0:p_max]
    set cbtics scale 0.4
    set cblabel "density" offset 0.5,0
    set colorbox user origin screen 0.92, screen 0.07 size screen 0.014, screen 0.37
    unset grid
    plot heat using (T($1)):2:3 with image, \
         for [c = 3:18] paths using (T($1)):(column(c) / column(2)) with lines lw 1.2 lc rgb vermillion
    set grid
    unset multiplot
    unset label 1
    eval finish("band", kind)
}

load plots."/band-animation.gp"
