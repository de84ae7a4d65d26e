# SPDX-License-Identifier: GPL-3.0-or-later
# Samples of the reverse SDE and the probability-flow ODE against the exact law at six times. Reads
# distances.csv, density.csv, and in 1-D histograms.csv, in 2-D samples.csv and ranges.csv of `out`;
# draws marginals.svg and marginals.png. Variables, all optional: mixture, schedule, dim.
if (!exists("plots")) plots = "plots"
load plots."/theme.gp"
if (!exists("mixture")) mixture = "three-1d"
if (!exists("schedule")) schedule = "vp-linear"
if (!exists("dim")) dim = 1

heading = sprintf("Samples against the exact law: %s, %s", mixture, schedule)
distances = out."/distances.csv"; exact = out."/density.csv"
# One number of a table: row and column. (The first line is told to be a header only here: in a file of
# several blocks every block would lose its first row.)
cell = 0
entry(file, row, col) = sprintf("set autoscale; set datafile columnheaders; stats '%s' using %d every ::%d::%d name 'cell' nooutput; unset datafile columnheaders", file, col, row, row)
load plots."/marginals-".dim."d.gp"
