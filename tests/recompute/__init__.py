# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker sample once more, in plain Python: schedules, mixtures and schemes as their papers print them. What
depends on time alone is worked out in 40 digits, the particles in doubles."""
from decimal import getcontext

getcontext().prec = 40
