/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker report: Markdown within a paragraph, a heading or a cell. */
#ifndef FK_TOOLS_REPORT_MARKDOWN_H
#define FK_TOOLS_REPORT_MARKDOWN_H

#include "tools/report.h"

int report_add_inline(report_text *, const char *text, size_t n, report_place,
                      fk_error *) FK_CHECKED;

#endif
