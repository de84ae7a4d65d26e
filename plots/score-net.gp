# SPDX-License-Identifier: GPL-3.0-or-later
# A learnt score against the exact one. Reads errors.csv, curve.csv and budget.csv of `out`; of one
# dimension scores.csv, map.csv, lines.csv, calibration.csv and law.csv, of two field.csv, plane.csv and
# samples.csv; draws score-net.svg and score-net.png. Variables, all optional: dim, mixture, schedule,
# trained (steps of a training in the run; 0: weights of a file), foreign (1: a network of other data), rows
# (of curve.csv), no_curve (why it has none), excess, worst, t_worst (mean and maximum of the excess of eps,
# and where), paths (KL of reverse paths), t_end, shown (the times looked at), off (their calibration errors),
# reach (half sides of the squares drawn there, and of that of the data).
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("dim")) dim = 1
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("trained")) trained = 6000
if (!exists("foreign")) foreign = 0
if (!exists("rows")) rows = 40
if (!exists("no_curve")) no_curve = "no learning curve"
if (!exists("excess")) excess = 5e-4
if (!exists("worst")) worst = 4e-3
if (!exists("t_worst")) t_worst = 0.1
if (!exists("paths")) paths = 0.01
if (!exists("t_end")) t_end = 1e-3
if (!exists("shown")) shown = "0.29 0.13 0.041"
if (!exists("off")) off = "0.01 0.01 0.01"
if (!exists("reach")) reach = "6 6 6 6"

errors = out."/errors.csv"; curve = out."/curve.csv"; budget = out."/budget.csv"
set datafile columnheaders
stats errors using 2 name "lambda" nooutput
stats errors using 4 name "error" nooutput
stats budget using 1 name "steps" nooutput
if (rows > 0) { stats curve using 1 name "last" nooutput }
counts = "set xtics ("
do for [n in "5 10 20 50 100 200"] { if (n + 0 <= steps_max) { counts = counts.(n eq "5" ? "" : ", ").n } }
counts = counts.")"
learnt = vermillion; exact = black
array shade[4] = [orange, purple, blue, vermillion]
array cause[4] = ["truncation at t_{end}", "prior", "steps", "score"]
# Errors: blue below, vermillion above, white where there is none.
errors_palette = "set palette defined (-1 '#003B6F', -0.55 '#3E8EC4', -0.18 '#C3DDEF', 0 '#FFFFFF', 0.18 '#FAD9C4', 0.55 '#E28A4E', 1 '#8F3A00')"
sizes_palette = "set palette defined (0 '#FFFFFF', 0.25 '#FAD9C4', 0.6 '#E28A4E', 1 '#8F3A00')"

width = 1300; height = dim == 1 ? 1530 : 1310
heading(letter, text) = sprintf("set label 1 '{/:Bold (%s)  %s}' at graph 0, graph %g left font ',12'", letter, text, 1.06)
left(k) = 0.065 + 0.322 * k
right(k) = left(k) + 0.265
noise = "set xlabel 'λ = log(s/σ):  noise to the left, data to the right' offset 0,0.4"
plain = "unset label 1; unset logscale; unset xlabel; unset ylabel; set xrange [*:*]; set yrange [*:*]; set xtics autofreq; set ytics autofreq; set format '%g'; unset key; set grid back linecolor rgb '#E6E6E6' linewidth 0.6 linetype 1"
decades = "set format y '10^{%T}'; set logscale y; set mytics 1"

do for [kind in "svg png"] {
    eval begin("score-net", kind, width, height)
    set multiplot
    set label 90 sprintf("A learnt score against the exact one: %s, %s", mixture, schedule) noenhanced \
        at screen 0.5, 1 - 22.0 / height center font ",16"
    set label 91 sprintf("%s. Excess of the loss over its floor, E|ε_{net} – ε^*|^2 = σ^2 E|s_{net} – ∇log p_t|^2: %.2g, mean over t; at most %.2g, at t = %.2g. KL of reverse paths: %.2g nats.", \
        trained ? sprintf("A small network, trained here for %d steps", trained) : foreign ? "A network of other data, from a file" : "A network from a file", excess, worst, t_worst, paths) \
        at screen 0.5, 1 - 44.0 / height center font ",11" textcolor rgb "#404040"
    top(y) = 1 - ((dim == 1 ? 70.0 : 84.0) + y) / height

    if (dim == 1) {
        # the score at three noise levels
        scores = out."/scores.csv"; map = out."/map.csv"; lines = out."/lines.csv"
        calibration = out."/calibration.csv"; law = out."/law.csv"
        do for [k = 0:2] {
            eval plain
            eval panel(left(k), right(k), top(290), top(30))
            eval heading(word("a b c", k + 1), sprintf("ε = –σ × score at t = %s", word(shown, k + 1)))
            set xlabel "x / (E x_t^2)^{1/2}" offset 0,0.4
            set y2range [0:*]; unset y2tics
            if (k == 0) {
                set key at graph 0.03, graph 0.98 left top Left reverse samplen 2 font ",11"
            }
            c = 1 + 4 * k
            plot scores using c:(column(c + 3)) axes x1y2 with filledcurves y2=0 lc rgb "#EAEAEA" title "density of x_t", \
                 scores using c:(column(c + 1)) with lines lw 2.4 lc rgb exact title "exact", \
                 scores using c:(column(c + 2)) with lines lw 1.4 dt (6,3) lc rgb learnt title "learnt"
        }
        # where it is wrong
        eval plain
        stats map using 3 name "all" nooutput
        eval panel(left(0), right(1) - 0.06, top(650), top(390))
        eval heading("d", "Error of ε over noise level and place; quantiles of the data 0.01 %, 1 %, 50 %, 99 %, 99.99 %")
        eval noise
        set ylabel "x / (E x_t^2)^{1/2}" offset 0.5,0
        set xrange [lambda_min:lambda_max]; set yrange [-3:3]
        unset grid
        eval errors_palette
        far = 3 * sqrt(worst)
        set cbrange [-far:far]; set cbtics scale 0.4 autofreq
        set colorbox user origin screen right(1) - 0.052, screen top(650) size screen 0.01, screen 260.0 / height
        plot map using 1:2:(abs($3) > far ? sgn($3) * far : $3) with image, \
             for [c = 2:6] lines using 1:c with lines lw 0.8 lc rgb black
        unset colorbox
        excess_left = left(2); excess_right = right(2); excess_y = 390; excess_letter = "e"
    } else {
        field = out."/field.csv"; plane = out."/plane.csv"; samples = out."/samples.csv"
        half(k) = word(reach, k + 1) + 0.0
        do for [k = 0:2] {
            eval plain
            stats plane using (column(4 + 2 * k) > 1e-3 ? column(3 + 2 * k) : NaN) name "gap" nooutput
            eval panel(left(k), left(k) + 0.245, top(30 + 0.245 * width), top(30))
            eval heading(word("a b c", k + 1), sprintf("–ε of both and |error| at t = %s", word(shown, k + 1)))
            set xlabel "x / s" offset 0,0.4
            unset grid
            set xrange [-half(k):half(k)]; set yrange [-half(k):half(k)]
            eval sizes_palette
            set cbrange [0:gap_max]; set cbtics scale 0.4 autofreq
            set colorbox user origin screen left(k) + 0.25, screen top(30 + 0.245 * width) size screen 0.008, screen 0.245 * width / height
            # an arrow as long as a cell for |ε| = 2; drawn where the data may be
            long = half(k) / 18
            seen(c) = column(7 + 5 * k) > 1e-4 ? half(k) * column(c) : NaN
            plot plane using (half(k) * $1):(half(k) * $2):(column(4 + 2 * k) > 1e-3 ? column(3 + 2 * k) : NaN) with image, \
                 field using (seen(1)):(half(k) * $2):(long * column(3 + 5 * k)):(long * column(4 + 5 * k)) with vectors head size graph 0.012,20 filled lw 1.6 lc rgb exact, \
                 field using (seen(1)):(half(k) * $2):(long * column(5 + 5 * k)):(long * column(6 + 5 * k)) with vectors head size graph 0.012,20 filled lw 0.9 lc rgb sky
            unset colorbox
        }
        set label 3 "black: exact, blue: learnt; error where the density is above a thousandth of its maximum" at screen 0.5, 1 - 62.0 / height center font ",10" textcolor rgb "#404040"
        excess_left = left(0); excess_right = right(0); excess_y = 470; excess_letter = "d"
    }

    # excess and floor
    eval plain
    eval panel(excess_left, excess_right, top(excess_y + 260), top(excess_y))
    eval heading(excess_letter, "Loss of ε: the floor, and the excess over it")
    eval noise
    eval decades
    set xrange [lambda_min:lambda_max]; set yrange [0.5 * error_min:dim * 1.5]
    set key at graph 0.97, graph 0.25 right top samplen 2 font ",11"
    plot errors using 2:3 with lines lw 2 lc rgb exact title "floor", \
         errors using 2:4 with lines lw 2 lc rgb learnt title "excess"

    # learning
    eval plain
    place_k = dim == 1 ? 0 : 1
    row = dim == 1 ? 750 : 470
    eval panel(left(place_k), right(place_k), top(row + 260), top(row))
    eval heading(dim == 1 ? "f" : "e", trained ? "Learning" : "Learning, as fokker train wrote it down")
    set xlabel "training steps" offset 0,0.4
    eval decades
    set yrange [*:5]
    set key at graph 0.97, graph 0.66 right top samplen 2 font ",11"
    if (rows > 0) {
        set xtics step(last_max)
        plot curve using 1:2 with lines lw 1.4 lc rgb sky title "loss of the batches", \
             curve using 1:3 with lines lw 1.6 lc rgb exact title "its floor", \
             curve using 1:4 with lines lw 2 lc rgb learnt title "excess of ε, mean over t"
    } else {
        set label 2 no_curve at graph 0.5, graph 0.5 center font ",11" textcolor rgb grey
        set xrange [0:1]; set yrange [0.1:1]; unset xlabel
        unset xtics; unset ytics
        plot NaN
        unset label 2
    }

    if (dim == 1) {
        # calibration
        eval plain
        eval panel(left(1), right(1), top(1010), top(750))
        eval heading("g", "Calibration: what is true, less what is said")
        set xlabel "x̂_0, the answer of the denoiser" offset 0,0.4
        set ylabel "E[x_0 | x̂_0] – x̂_0" offset 0,0
        set key at graph 0.97, graph 0.97 right top samplen 1 font ",11"
        array hue[3] = [blue, green, orange]
        set offsets 0, 0, graph 0.25, graph 0.05
        plot 0 with lines lw 1 lc rgb exact notitle, \
             for [k = 0:2] calibration using (column(1 + 3 * k)):(column(2 + 3 * k) - column(1 + 3 * k)) with linespoints lw 1 pt 7 ps 0.45 lc rgb hue[k + 1] title sprintf("t = %s: %s rms", word(shown, k + 1), word(off, k + 1))
        unset offsets
        # samples
        eval plain
        eval panel(left(2), right(2), top(1010), top(750))
        eval heading("h", "Samples by dpmpp-2m, 50 steps")
        set xlabel "x" offset 0,0.4
        set yrange [0:*]
        set key at graph 0.03, graph 0.98 left top Left reverse samplen 2 font ",11"
        plot law using 1:3 with boxes lc rgb "#F2C6A8" fillstyle solid title "samples of the network", \
             law using 1:2 with lines lw 2 lc rgb exact title "data"
    } else {
        eval plain
        eval panel(left(2), left(2) + 0.245, top(470 + 0.245 * width), top(470))
        eval heading("f", "Samples by dpmpp-2m, 50 steps, and data")
        unset grid
        set xrange [-half(3):half(3)]; set yrange [-half(3):half(3)]
        set palette defined (0 "#FFFFFF", 0.12 "#DCEAF5", 0.4 "#8DBFE0", 0.7 "#2F7FBA", 1 "#08305E")
        set cbrange [0:1]
        unset colorbox
        plot plane using (half(3) * $1):(half(3) * $2):9 with image, \
             samples every 10 using 1:2 with points pt 7 ps 0.18 lc rgb learnt
    }

    # the budget
    row = dim == 1 ? 1110 : 880
    plus(c) = column(c) > 0 ? column(c) : NaN
    minus(c) = column(c) < 0 ? -column(c) : NaN
    array full[4] = [5, 9, 7, 13]
    array hollow[4] = [4, 8, 6, 12]
    eval plain
    budget_right = dim == 1 ? 0.47 : right(2) - 0.14 # in the plane the key stands beside it
    eval panel(left(0), budget_right, top(row + 280), top(row))
    eval heading(dim == 1 ? "i" : "g", "Error of samples by cause: the parts add up")
    set xlabel "steps of dpmpp-2m" offset 0,0.4
    set ylabel "|error| of probability" offset 1,0
    set logscale x
    eval decades
    stats budget using (abs($3)) name "low" nooutput
    stats budget using (abs($4)) name "lower" nooutput
    stats budget using (abs($7)) name "high" nooutput
    bottom = 0.3 * (low_min < lower_min ? low_min : lower_min)
    set xrange [steps_min / 1.3:steps_max * (dim == 1 ? 8 : 1.3)]; set yrange [bottom:high_max * 3]
    eval counts
    if (dim == 1) { set key at graph 0.99, graph 0.98 right top } else { set key at graph 1.01, graph 0.98 left top }
    set key Left reverse samplen 2 font ",11"
    plot for [k = 1:4] budget using 1:(abs(column(2 + k))) with lines lw 1 lc rgb shade[k] notitle, \
         for [k = 1:4] budget using 1:(plus(2 + k)) with points pt full[k] ps 0.9 lc rgb shade[k] title cause[k], \
         for [k = 1:4] budget using 1:(minus(2 + k)) with points pt hollow[k] ps 0.9 lw 1.4 lc rgb shade[k] notitle, \
         budget using 1:(abs($7)) with linespoints lw 1.4 pt 2 ps 0.9 lc rgb exact title "sum", \
         NaN with points pt 7 ps 0.9 lc rgb grey title "positive", NaN with points pt 6 ps 0.9 lw 1.4 lc rgb grey title "negative", \
         budget using 1:($8 > 0 ? $8 : NaN) with lines dt 2 lw 1 lc rgb grey title (dim == 1 ? "" : "standard error")
    if (dim == 1) {
        eval plain
        eval panel(0.54, right(2), top(row + 280), top(row))
        eval heading("j", "W_1 between the same laws: a chain no shorter than the distance")
        set xlabel "steps of dpmpp-2m" offset 0,0.4
        set logscale x
        eval decades
        stats budget using 9 name "low" nooutput
        stats budget using 10 name "lower" nooutput
        bottom = 0.5 * (low_min < lower_min ? low_min : lower_min)
        set xrange [steps_min / 1.3:steps_max * 8]; set yrange [bottom:*]
        eval counts
        set key at graph 0.99, graph 0.98 right top Left reverse samplen 2 font ",11"
        plot for [k = 1:4] budget using 1:(column(8 + k)) with linespoints lw 1.2 pt full[k] ps 0.9 lc rgb shade[k] title cause[k], \
             budget using 1:13 with lines lw 1.2 dt 2 lc rgb exact title "their sum", \
             budget using 1:14 with linespoints lw 1.6 pt 2 ps 0.9 lc rgb exact title "from the data"
    }
    unset multiplot
    unset label; unset arrow
    eval axes
    eval finish("score-net", kind)
}
