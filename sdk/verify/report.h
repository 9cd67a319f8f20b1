/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_REPORT_H
#define EVK_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/* A flat JSON object that is said as a whole, in one write(), or not at all. */
struct report {
	char text[2048];
	unsigned int used;
};

/* Why something could not be set up: what was tried, and errno then. */
struct failure {
	const char *what;
	int error;
};

/* On the console: "evk-verify " before each object. Else: one JSON array. */
void report_open(bool on_console);
void report_close(void);

void report_begin(struct report *report, const char *event);
void report_text(struct report *report, const char *name, const char *value);
void report_number(struct report *report, const char *name, uint64_t value);
void report_flag(struct report *report, const char *name, bool value);
void report_send(struct report *report);

/* A result of the kind that is no verdict on the kernel. */
void report_setup_failed(const char *check, const struct failure *failure);

/* Notes errno and what was tried; always -1. */
int fail(struct failure *failure, const char *what);

uint64_t milliseconds(void);

#endif
