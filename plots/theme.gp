# SPDX-License-Identifier: GPL-3.0-or-later
# One look for all figures. Every script begins with
#     if (!exists("plots")) plots = "plots"
#     load plots."/theme.gp"
# and reads CSV files from the folder `out`, where it also leaves its pictures.
#
# Colours: Okabe and Ito (2008), told apart with every kind of colour blindness. In every figure black
# is what is exact, blue the reverse SDE, vermillion the probability-flow ODE.

if (!exists("out")) out = "."
set encoding utf8
set datafile separator comma

black = "#000000"; blue = "#0072B2"; vermillion = "#D55E00"; green = "#009E73"
orange = "#E69F00"; sky = "#56B4E9"; purple = "#CC79A7"; grey = "#808080"; pale = "#D9D9D9"
# Tints of blue on white for the bands: opaque, since GIF knows no transparency.
band_wide = "#D3E6F3"; band_half = "#9CC8E5"

font = "DejaVu Sans"
# The terminal of a figure of w x h points. PNG has two pixels a point.
term(kind, w, h) = \
    kind eq "svg" ? sprintf("set terminal svg size %d,%d font '%s,13' background '#FFFFFF' enhanced dashlength 0.8", w, h, font) : \
    kind eq "png" ? sprintf("set terminal pngcairo size %d,%d font '%s,13' background '#FFFFFF' enhanced fontscale 1.5 linewidth 2 pointscale 2 dashlength 0.8", 2 * w, 2 * h, font) : \
    sprintf("set terminal gif size %d,%d font '%s,11' background '#FFFFFF' enhanced animate delay 8 loop 0", w, h, font)
# A picture gets its name when it is complete: eval begin(..), plot, eval finish(..).
begin(name, kind, w, h) = sprintf("%s; set output '%s/.%s.%s'", term(kind, w, h), out, name, kind)
finish(name, kind) = sprintf("set output; system(\"%s\")", kind eq "svg" ? keep_blanks(name) : \
    sprintf("mv '%s/.%s.%s' '%s/%s.%s'", out, name, kind, out, name, kind))
# gnuplot's SVG lets a reader drop the blanks beside a subscript or bold words, and librsvg does; the
# blank before the numbers of an axis is none to keep.
keep_blanks(name) = sprintf("cd '%s' && sed 's/<text>\\\\(<tspan[^>]*>\\\\) */<text>\\\\1/; s/<text>/<text xml:space=\\\"preserve\\\">/' .%s.svg >.%s.tmp && mv .%s.tmp %s.svg && rm .%s.svg", \
    out, name, name, name, name, name)
# The area of a panel, in parts of the page, from the lower left.
panel(x0, x1, y0, y1) = \
    sprintf("set lmargin at screen %g; set rmargin at screen %g; set bmargin at screen %g; set tmargin at screen %g", x0, x1, y0, y1)

# A panel's axes, and none: for the strip of a key.
axes = "set border 3 linecolor rgb '#404040' linewidth 0.8; set xtics nomirror out scale 0.6 textcolor rgb '#202020'; set ytics nomirror out scale 0.6 textcolor rgb '#202020'"
no_axes = "unset border; unset tics; unset xlabel; unset ylabel; set xrange [0:1]; set yrange [0:1]"
eval axes
# Round tic steps for a width: 1, 2 or 5 times a power of ten, about four of them.
step(w) = 10**floor(log10(w / 4)) * (m = w / 4 / 10**floor(log10(w / 4)), m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10)
set style fill solid 1.0 noborder
set key noautotitle samplen 2 spacing 1.1 width 0
set grid back linecolor rgb "#E6E6E6" linewidth 0.6 linetype 1

# Densities: white through blue to navy, ever darker.
set palette defined (0 "#FFFFFF", 0.12 "#DCEAF5", 0.4 "#8DBFE0", 0.7 "#2F7FBA", 1 "#08305E")
