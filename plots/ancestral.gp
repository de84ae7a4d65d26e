# SPDX-License-Identifier: GPL-3.0-or-later
# DDPM's chain as T grows, its variances, DDIM's eta. Reads growth.csv and eta.csv of `out`; draws
# ancestral.svg and ancestral.png. Variables, all optional: mixture, slopes (last local slopes of W1,
# TV, KS, KL, L - H by variance), finest (T), steps (of DDIM).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("slopes")) slopes = ""
if (!exists("finest")) finest = 512
if (!exists("steps")) steps = "5 10 20 50"

grown = out."/growth.csv"; family = out."/eta.csv"
set datafile columnheaders
array measure[5] = ["W_1", "total variation", "Kolmogorov-Smirnov", "KL", "L - H"]
array shade[5] = [black, purple, orange, blue, grey]
array variance[3] = ["β̃", "β", "optimal"]
array tint[3] = [orange, blue, green]
array depth[4] = ["#56B4E9", "#3A86C0", "#1F5F96", "#08305E"]
slope(v, m) = words(slopes) >= 15 ? sprintf("  T^{-%s}", word(slopes, 5 * v + m)) : ""
left(j) = j % 2 ? 0.555 : 0.065
low(j) = j < 2 ? 0.55 : 0.065

do for [kind in "svg png"] {
    eval begin("ancestral", kind, 1200, 900)
    set multiplot
    set label 9 "Ancestral sampling and DDIM with the exact predictor, no Monte Carlo" at screen 0.5, 0.975 center font ",16"
    set label 8 sprintf("%s; distances between the data, which the reverse SDE gives back, and the law that the steps give", mixture) \
        at screen 0.5, 0.945 center font ",11" textcolor rgb "#404040"
    set grid noxtics

    # above: T grows
    set logscale xy
    set format y "10^{%T}"
    set xrange [7:finest * 6]; set xtics (8, 16, 32, 64, 128, 256, 512, 1024)
    set xlabel "T, steps of the chain" offset 0,0.4
    eval panel(left(0), left(0) + 0.42, low(0), low(0) + 0.345)
    set label 1 "{/:Bold Chain to SDE}: algorithm 2 with σ^2 = β" at graph 0, graph 1.045 left
    set yrange [*:1]
    plot for [m = 1:4] grown using ($2 == 1 ? $1 : NaN):(column(m + 2)) with linespoints pt 7 ps 0.5 lw 1.5 lc rgb shade[m], \
         for [m = 1:4] grown using ($2 == 1 && $1 == finest ? finest * 1.12 : NaN):(column(m + 2)):(measure[m].slope(1, m)) \
             with labels left font ",10" textcolor rgb shade[m]
    unset label 8; unset label 9
    eval panel(left(1), left(1) + 0.42, low(1), low(1) + 0.345)
    set label 1 "{/:Bold Three variances}: KL of the laws; dashed, of the paths: L - H(x_0)" at graph 0, graph 1.045 left
    set yrange [*:*]
    plot for [v = 0:2] grown using ($2 == v ? $1 : NaN):6 with linespoints pt 7 ps 0.5 lw 1.5 lc rgb tint[v + 1], \
         for [v = 0:2] grown using ($2 == v ? $1 : NaN):7 with lines dt 2 lw 1.5 lc rgb tint[v + 1], \
         for [v = 0:2] grown using ($2 == v && $1 == finest ? finest * 1.12 : NaN):6:(variance[v + 1].slope(v, 4)) \
             with labels left font ",10" textcolor rgb tint[v + 1], \
         for [v = 0:2] grown using ($2 == v && $1 == finest ? finest * 1.12 : NaN):($7 * (v == 2 ? 0.85 : 1.15)):(slope(v, 5)) \
             with labels left font ",10" textcolor rgb tint[v + 1]
    unset label 1

    # below: eta from the ODE to ancestral sampling
    unset logscale x
    set xrange [-0.03:1.2]; set xtics 0, 0.2, 1
    set xlabel "η: 0 deterministic, 1 ancestral with β̃" offset 0,0.4
    array title[2] = ["{/:Bold DDIM, W_1} on N of DDPM's 1000 indices", "{/:Bold DDIM, KL}, where it is finite"]
    do for [j = 0:1] {
        eval panel(left(2 + j), left(2 + j) + 0.42, low(2), low(2) + 0.345)
        set label 1 title[j + 1] at graph 0, graph 1.045 left
        set yrange [*:*]
        c = j ? 6 : 3
        plot for [k = 1:words(steps)] family using ($1 == word(steps, k) + 0 ? $2 : NaN):(column(c)) \
                 with linespoints pt 7 ps 0.5 lw 1.5 lc rgb depth[k], \
             family using ($2 == 0 ? 0 : NaN):(column(c)) with points pt 7 ps 0.9 lc rgb vermillion, \
             for [k = 1:words(steps)] family using ($1 == word(steps, k) + 0 && $2 == 1 ? 1.03 : NaN):(column(c)):(sprintf("N = %s", word(steps, k))) \
                 with labels left font ",10" textcolor rgb depth[k]
        unset label 1
    }
    unset multiplot
    eval finish("ancestral", kind)
}
