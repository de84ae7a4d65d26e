# SPDX-License-Identifier: GPL-3.0-or-later
# Errors against steps and evaluations, a panel a family. Reads convergence.csv and names.csv of
# `out`; draws convergence.svg and convergence.png. Variables: names (of the lines), lowest and highest
# (the decades between which each panel lies); optional mixture, schedule, t_end.
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("t_end")) t_end = 0.05

lines = out."/convergence.csv"; tags = out."/names.csv"
set datafile columnheaders
stats lines using 2 nooutput; n = STATS_records > 0 ? int(STATS_max) : 0
# columns of names.csv
panel_ = 1; line_ = 2; twin_ = 3; family_ = 4; place_ = 5; order_ = 6; slope_ = 7; settled_ = 8
gaussian_ = 9; y_ = 10; steps_ = 11; evaluations_ = 12; error_ = 13
lo(g) = real(word(lowest, g + 1)); hi(g) = real(word(highest, g + 1))

# Within a family a colour and a mark tell the lines; across families the colour is the family's.
array shade[8] = [0x000000, 0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x808080]
array of_family[6] = [0x000000, 0xD55E00, 0x0072B2, 0xE69F00, 0x009E73, 0x0072B2]
mark(k) = word("7 4 8 6 10 12 5 9 11 13", int(k) % 10 + 1) + 0
array place[n > 0 ? n : 1]; array twin[n > 0 ? n : 1]; array shown[n > 0 ? n : 1]; array family[n > 0 ? n : 1]
do for [i = 1:n] { place[i] = 0; twin[i] = i; shown[i] = 0; family[i] = 0 }
stats tags using (column(panel_) < 6 ? (i = int(column(line_)), place[i] = int(column(place_)), twin[i] = int(column(twin_)), \
    family[i] = int(column(family_)), shown[i] = 1, 1) : 0) nooutput
array far[9] # the end of each panel's longest line
do for [g = 0:8] {
    stats tags using (column(panel_) == g ? column(g < 6 ? steps_ : evaluations_) : 100) name "longest" nooutput
    far[g + 1] = longest_max
}
hue(i, g) = g < 6 ? shade[place[twin[i]] % 8 + 1] : g < 8 ? of_family[family[i] + 1] : shade[place[twin[i]] % 8 + 1]
in(g, i) = shown[i] && twin[i] == i && (g < 6 ? family[i] == g : g == 6 ? family[i] < 3 : g == 7 ? family[i] == 3 || family[i] == 4 : family[i] == 5)
# A line where it stands clear of rounding.
error_of(i) = column(2) == i && column(6) > 5 * column(7) ? column(6) : NaN
called(i, own, slope, settled, gaussian) = own ? sprintf("%s %s%.2f%s", word(names, int(i)), settled > 0.5 ? "" : "≈", slope, gaussian > 0.5 ? "†" : "") : \
    "= ".word(names, int(i))

set logscale xy
set format y "10^{%T}"
left(j) = 0.052 + 0.335 * j
right(j) = left(j) + 0.272
bottom(r) = 0.682 - 0.31 * r
high = 0.232
array title_of[9] = ["Runge–Kutta in t", "One exponential step", "Multistep, exact history", "With noise, weak order 1 or none", \
    "With noise, weak order 2", "Strong error, logistic SDE", "Work and precision, no noise", "Work and precision, with noise", "Work and strong precision"]
letter(g) = word("a b c d e f g h i", g + 1)
# A fan of reference slopes p from (x, y) to 4 x.
fan(p, x, y) = sprintf("set arrow from %g, %g to %g, %g nohead dt 3 lw 1.2 lc rgb '#707070'; set label '%s' at %g, %g left offset 0.2,0 font ',9' textcolor rgb '#505050'", \
    x, y, 4 * x, y * 4.0**(-p), p == 1.5 ? "3/2" : sprintf("%g", p), 4 * x, y * 4.0**(-p))
fans(g) = g == 0 ? "1 2 3 4 5" : g == 1 ? "1 2 3" : g == 2 ? "2 3 4" : g == 3 ? "1" : g == 4 ? "1 2" : g == 6 ? "1 2 3 4 5" : g == 7 ? "1 2" : "1 1.5"

do for [kind in "svg png"] {
    eval begin("convergence", kind, 1200, 1240)
    set multiplot
    do for [g = 0:8] {
        unset arrow; unset label
        if (g == 0) {
            set label sprintf("Convergence of every scheme: %s, %s", mixture, schedule) at screen 0.5, 0.983 center font ",16"
            set label sprintf("log(s/σ) uniform from -2 to t = %.3g. Worst error: of 16 smoothed distribution functions Φ((x - c_j)/0.2), by exact laws, nothing sampled; (f, i): root mean square over 16384 common paths.", t_end) \
                at screen 0.5, 0.967 center font ",10" textcolor rgb "#404040"
            set label "Numbers: slopes of a two-term fit; ≈ the last local slope where it has not settled; † on the Gaussian of equal moments. Dotted: reference slopes. In g and h the colours are those of the titles above." \
                at screen 0.5, 0.954 center font ",10" textcolor rgb "#404040"
        }
        j = g % 3
        eval panel(left(j), right(j), bottom(g / 3), bottom(g / 3) + high)
        strong = g == 5 || g == 8
        first = strong ? 7 : 8
        work = g < 6 ? 4 : 5 # of convergence.csv
        end = g < 6 ? steps_ : evaluations_
        last = 1.2 * far[g + 1]
        set xrange [first:first * (last / first)**1.74]
        set yrange [10**lo(g):10**hi(g)]
        set border 2
        set arrow from graph 0, graph 0 to last, graph 0 nohead lw 0.8 lc rgb "#404040"
        set xtics nomirror out scale 0.6
        # tics from the first step count on, as far as the lines go
        step_ = strong && g == 5 ? 2.0 : last > 1000 ? 10.0 : 4.0
        set xtics ()
        do for [k = 0:8] { if ((g == 5 ? 8 : 10) * step_**k <= last) { set xtics add ((g == 5 ? 8 : 10) * step_**k) } }
        set ytics 10**(hi(g) - lo(g) > 6 ? 2 : 1)
        set mytics 1
        unset grid
        set label sprintf("{/:Bold (%s)  %s}", letter(g), title_of[g + 1]) at graph -0.02, graph 1.07 left font ",12" textcolor rgb (g < 5 ? of_family[g + 1] : 0x000000)
        set label (g < 6 ? "steps" : "evaluations of the score") at sqrt(first * last), graph -0.165 center font ",11"
        if (j == 0 || strong) { set label (strong ? "rms of x - x_{exact}" : "worst error") at graph -0.155, graph 0.5 center rotate by 90 font ",11" }
        do for [p in fans(g)] { eval fan(real(p), first * 1.2, 10**(lo(g) + 0.33 * (hi(g) - lo(g)))) }
        names_at = last * 1.35
        plot for [i = 1:n] lines using (in(g, i) ? column(work) : NaN):(error_of(i)) with linespoints lw 1.3 pt mark(place[i]) ps 0.55 lc rgb hue(i, g), \
             tags using (column(panel_) == g && column(line_) == column(twin_) ? column(end) * 1.06 : NaN):(column(error_)):(names_at * 0.97 - column(end) * 1.06):(column(y_) - column(error_)) \
                 with vectors nohead lw 0.5 lc rgb "#B0B0B0", \
             tags using (column(panel_) == g && column(line_) == column(twin_) ? names_at * 1.1 : NaN):(column(y_)):(mark(column(place_))):(hue(int(column(line_)), g)) \
                 with points pointtype variable pointsize 0.55 linecolor rgb variable, \
             tags using (column(panel_) == g ? names_at * 1.1 : NaN):(column(y_)):(called(column(line_), column(line_) == column(twin_), column(slope_), column(settled_), column(gaussian_))):(hue(int(column(line_)), g)) \
                 with labels left offset 0.7,0 font ",10" textcolor rgb variable noenhanced
    }
    unset multiplot
    unset label; unset arrow
    eval finish("convergence", kind)
}
