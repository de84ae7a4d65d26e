/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker as a library: every public header. Link with libfokker.a and the libraries of README.md.
 */
#ifndef FOKKER_H
#define FOKKER_H

#include "analytic/draws.h"
#include "analytic/exact.h"
#include "analytic/gaussian_law.h"
#include "analytic/marginal.h"
#include "analytic/mixture.h"
#include "claims/claims.h"
#include "core/base.h"
#include "core/cli.h"
#include "core/distance.h"
#include "core/error.h"
#include "core/field.h"
#include "core/file.h"
#include "core/integrate.h"
#include "core/isa.h"
#include "core/json.h"
#include "core/names.h"
#include "core/noise.h"
#include "core/number.h"
#include "core/observe.h"
#include "core/source.h"
#include "core/stats.h"
#include "core/step.h"
#include "core/sum.h"
#include "core/table.h"
#include "core/verdict.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "registry.h"
#include "schedules/axis.h"
#include "schedules/butcher.h"
#include "schedules/chain.h"
#include "schedules/phi.h"
#include "schedules/schedule.h"
#include "schedules/scheme.h"
#include "sde/additive.h"
#include "sde/schemes.h"

#endif
