/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside learn/: what a training's seed is used for (core/noise.h). */
#ifndef FK_LEARN_STREAMS_H
#define FK_LEARN_STREAMS_H

#include "core/noise.h"

enum {
    FK_STREAM_WEIGHTS = FK_STREAM_USER + 64, /* initial parameters */
    FK_STREAM_TIMES,                         /* one shift of the stratified t a step */
    FK_STREAM_EPS                            /* the noise that the network is to predict */
};

#endif
