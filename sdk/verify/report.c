// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the reproducer says. It gives facts and counts; the verdict is made
 * elsewhere, by who knows which kernel this is.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/*
 * Of the kernel's priorities, one that "quiet" lets through. Such a line goes
 * to the console without interrupts. An emulator with two CPUs may lose one of
 * the serial port's while one of them runs a guest, and the tty would then be
 * silent for good although all goes on.
 */
#define LOUD "<1>"

static bool console;
static bool first;
static int kernel_log = -1;

static void say(const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(STDOUT_FILENO, text, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		text += done;
		length -= done;
	}
}

void report_open(bool on_console)
{
	console = on_console;
	first = true;
	if (console)
		kernel_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	else
		say("[", 1);
}

void report_close(void)
{
	if (!console)
		say("\n]\n", 3);
}

static void __attribute__((format(printf, 2, 3)))
add(struct report *report, const char *format, ...)
{
	size_t room = sizeof(report->text) - report->used;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(report->text + report->used, room, format, arguments);
	va_end(arguments);
	/* What does not fit ends the object early: no reader takes it for one. */
	if (length > 0)
		report->used += (size_t)length < room ? (size_t)length : room - 1;
}

static void add_string(struct report *report, const char *value)
{
	add(report, "\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			add(report, "\\%c", *value);
		else if ((unsigned char)*value < ' ')
			add(report, " ");
		else
			add(report, "%c", *value);
	}
	add(report, "\"");
}

void report_begin(struct report *report, const char *event)
{
	const char *before = LOUD "evk-verify ";

	if (!console)
		before = first ? "\n  " : ",\n  ";
	report->used = 0;
	add(report, "%s{\"event\":\"%s\"", before, event);
}

void report_text(struct report *report, const char *name, const char *value)
{
	add(report, ",\"%s\":", name);
	add_string(report, value);
}

void report_number(struct report *report, const char *name, uint64_t value)
{
	add(report, ",\"%s\":%llu", name, (unsigned long long)value);
}

void report_flag(struct report *report, const char *name, bool value)
{
	add(report, ",\"%s\":%s", name, value ? "true" : "false");
}

void report_send(struct report *report)
{
	size_t priority = console ? strlen(LOUD) : 0;

	add(report, console ? "}\n" : "}");
	first = false;
	/* The kernel takes a line in one piece, or not at all. */
	if (kernel_log >= 0 && write(kernel_log, report->text, report->used) == report->used)
		return;
	say(report->text + priority, report->used - priority);
}

void report_setup_failed(const char *check, const struct failure *failure)
{
	struct report report;

	report_begin(&report, "result");
	report_text(&report, "check", check);
	report_text(&report, "outcome", "setup-failed");
	report_text(&report, "detail", failure->what);
	report_number(&report, "errno", failure->error);
	report_number(&report, "cycles", 0);
	report_send(&report);
}

int fail(struct failure *failure, const char *what)
{
	failure->what = what;
	failure->error = errno;
	return -1;
}

uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
