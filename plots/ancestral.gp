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
level(v, m) = words(slopes) >= 15 && real(word(slopes, 5 * v + m)) < 0.5
slope(v, m) = words(slopes) >= 15 ? sprintf("  T^{-%s}", word(slopes, 5 * v + m)) : ""
# Heights of names: theirs in log10, pushed apart to `gap`, symmetrically, until they are.
array at_[6]
apart = "do for [turn = 1:60] { do for [i = 1:n - 1] { do for [k = i + 1:n] { d = at_[k] - at_[i]; if (abs(d) < gap) { p = (gap - abs(d)) / 1.9 * (d < 0 ? -1 : 1); at_[k] = at_[k] + p; at_[i] = at_[i] - p } } } }"
# Measured before any logarithmic axis: stats keeps to the axes.
array least[2] = [1e300, 1e300]; array most[2] = [0, 0]
array end_[15] # log10, by variance and measure
do for [v = 0:2] {
    do for [m = 1:5] {
        stats grown using ($2 == v ? column(m + 2) : NaN) name "one" nooutput
        stats grown using ($2 == v && $1 == finest ? log10(column(m + 2)) : NaN) name "e" nooutput
        end_[5 * v + m] = e_max
        do for [k = 1:2] {
            if (k == 1 ? v == 1 && m < 5 : m > 3) {
                if (one_min < least[k]) { least[k] = one_min }
                if (one_max > most[k]) { most[k] = one_max }
            }
        }
    }
}
range = "lo = floor(log10(least[k])); hi = ceil(log10(most[k])); if (hi <= lo) { hi = lo + 1 }; gap = 0.045 * (hi - lo); set yrange [10**lo:10**hi]"
missing = "" # DDIM's laws without a KL, by N
do for [k = 1:words(steps)] {
    count = 0; tried = 0
    stats family using ($1 == word(steps, k) + 0 ? (tried = tried + 1, count = count + !valid(6), 0) : NaN) nooutput
    if (count) { missing = missing.sprintf("%sN = %s (%d of %d η)", missing eq "" ? "" : ", ", word(steps, k), count, tried) }
}
left(j) = j % 2 ? 0.57 : 0.075
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
    set ylabel "distance; KL in nats" offset 0.5,0
    set label 1 "{/:Bold Chain to SDE}: Ho et al.'s algorithm 2 (ancestral sampling), σ^2 = β" at graph 0, graph 1.045 left
    k = 1; n = 4
    eval range
    do for [m = 1:4] { at_[m] = end_[5 + m] }
    eval apart
    plot for [m = 1:4] grown using ($2 == 1 ? $1 : NaN):(column(m + 2)) with linespoints pt 7 ps 0.5 lw 1.5 lc rgb shade[m], \
         for [m = 1:4] grown using ($2 == 1 && $1 == finest ? finest * 1.12 : NaN):(10**at_[m]):(measure[m].slope(1, m)) \
             with labels left font ",10" textcolor rgb shade[m]
    unset label 8; unset label 9
    eval panel(left(1), left(1) + 0.42, low(1), low(1) + 0.345)
    set ylabel "nats"
    set label 1 "{/:Bold Three variances}: KL of the laws; dashed, of the paths: L - H(x_0)" at graph 0, graph 1.045 left
    k = 2; n = 6
    eval range
    do for [v = 0:2] { at_[2 * v + 1] = end_[5 * v + 4]; at_[2 * v + 2] = end_[5 * v + 5] }
    eval apart
    plot for [v = 0:2] grown using ($2 == v ? $1 : NaN):6 with linespoints pt 7 ps 0.5 lw 1.5 lc rgb tint[v + 1], \
         for [v = 0:2] grown using ($2 == v ? $1 : NaN):7 with lines dt 2 lw 1.5 lc rgb tint[v + 1], \
         for [v = 0:2] grown using ($2 == v && $1 == finest ? finest * 1.12 : NaN):(10**at_[2 * v + 1]):(variance[v + 1].slope(v, 4)) \
             with labels left font ",10" textcolor rgb tint[v + 1], \
         for [v = 0:2] grown using ($2 == v && $1 == finest ? finest * 1.12 : NaN):(10**at_[2 * v + 2]):("L - H, ".variance[v + 1].(level(v, 5) ? ", to a limit > 0" : slope(v, 5))) \
             with labels left font ",10" textcolor rgb tint[v + 1]
    unset label 1

    # below: eta from the ODE to ancestral sampling
    unset logscale x
    set xrange [-0.03:1.2]; set xtics 0, 0.2, 1
    set xlabel "η: 0 deterministic, 1 ancestral with β̃" offset 0,0.4
    array title[2] = ["{/:Bold DDIM, W_1} on N of DDPM's 1000 indices", "{/:Bold DDIM, KL}".(missing eq "" ? " on N of DDPM's 1000 indices" : "")]
    do for [j = 0:1] {
        eval panel(left(2 + j), left(2 + j) + 0.42, low(2), low(2) + 0.345)
        set ylabel j ? "nats" : "W_1"
        set label 1 title[j + 1] at graph 0, graph 1.045 left
        set yrange [*:*]
        # in no other colour than the flow's: the start of a family, not a curve
        set key at graph 0.97, graph 0.03 right bottom Left reverse samplen 1 font ",10"
        set label 2 (j && missing ne "" ? "none where the law has no density at some of the data: ".missing : "") at graph 0.02, graph 0.965 left font ",10" textcolor rgb "#404040"
        c = j ? 6 : 3
        plot for [k = 1:words(steps)] family using ($1 == word(steps, k) + 0 ? $2 : NaN):(column(c)) \
                 with linespoints pt 7 ps 0.5 lw 1.5 lc rgb depth[k], \
             family using ($2 == 0 ? 0 : NaN):(column(c)) with points pt 6 ps 1.1 lw 1.6 lc rgb vermillion title "η = 0: DDIM, steps of the probability-flow ODE", \
             for [k = 1:words(steps)] family using ($1 == word(steps, k) + 0 && $2 == 1 ? 1.03 : NaN):(column(c)):(sprintf("N = %s", word(steps, k))) \
                 with labels left font ",10" textcolor rgb depth[k]
        unset label 1; unset label 2
    }
    unset multiplot
    eval finish("ancestral", kind)
}
