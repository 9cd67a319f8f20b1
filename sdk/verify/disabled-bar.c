// SPDX-License-Identifier: GPL-2.0-only
/*
 * disabled-bar: a guest reads and writes a BAR while its device does not decode
 * memory, and again when it does. One thread toggles and runs the guest in
 * turns, so that each run of this is the same as the last.
 *
 * A cycle is
 *	memory off	the guest reads, and writes a value of its own
 *	memory on
 *	slots updated	the BAR's slot is never deleted: that would hide the bug
 *	the guest reads	what was in the register before the cycle, which also
 *			shows that the write was dropped, and writes a new value
 *
 * Some more cycles at the end leave out the update. The mapping may then be
 * back or not, and both are reported: what the guest reads is right either way.
 */

#include <errno.h>
#include <stdio.h>

#include "setup.h"

#define CHECK "disabled-bar"
#define ONES 0xffffffffU
#define CYCLES_WITHOUT_UPDATE 16

struct counts {
	uint64_t cycles;
	uint64_t disabled_reads;
	uint64_t disabled_ones;
	uint64_t disabled_writes;
	uint64_t dropped;
	uint64_t enabled_reads;
	uint64_t enabled_real;
	uint64_t exits_disabled;
	uint64_t exits_enabled;
	uint64_t updates;
};

/* Where a cycle ended early: how, or which value was wrong. */
struct ending {
	enum vmm_stop stop;
	int error;
	const char *broken; /* the host's own calls */
	const char *where;
	uint32_t expected;
	uint32_t found;
};

/* What stands in the register, what the guest writes in vain, and what in earnest. */
struct values {
	uint32_t serial;
	uint32_t real;
	uint32_t dropped;
	bool writes;
	uint32_t next;
};

static bool broken(struct ending *ending, const char *what)
{
	ending->broken = what;
	ending->error = errno;
	return false;
}

static bool wrong(struct ending *ending, const char *where, uint32_t expected, uint32_t found)
{
	ending->where = where;
	ending->expected = expected;
	ending->found = found;
	return false;
}

/* Runs a step; the mailbox is wiped, so that no old value can pass for a read. */
static bool step(struct setup *setup, bool writes, uint32_t value, uint64_t *exits,
		 struct ending *ending)
{
	uint64_t before = setup->vmm.exits.mmio;

	setup->vmm.mailbox->read = 0x5a5a5a5a;
	setup->vmm.mailbox->writes = writes;
	setup->vmm.mailbox->write = value;
	ending->stop = vmm_step(&setup->vmm);
	ending->error = errno;
	*exits += setup->vmm.exits.mmio - before;
	return ending->stop == VMM_STEP;
}

static bool disabled(struct setup *setup, uint32_t value, struct counts *counts,
		     struct ending *ending)
{
	uint32_t found;

	if (vfio_set_memory(&setup->device, false))
		return broken(ending, "memory decoding cannot be turned off");
	if (!step(setup, true, value, &counts->exits_disabled, ending))
		return false;
	found = setup->vmm.mailbox->read;
	counts->disabled_reads++;
	counts->disabled_writes++;
	if (found != ONES)
		return wrong(ending, "a read while disabled", ONES, found);
	counts->disabled_ones++;
	return true;
}

static bool enabled(struct setup *setup, const struct values *values, bool update,
		    struct counts *counts, struct ending *ending)
{
	uint32_t found;

	if (vfio_set_memory(&setup->device, true))
		return broken(ending, "memory decoding cannot be turned on");
	if (update) {
		if (vmm_update_slots(&setup->vmm))
			return broken(ending, "KVM_SET_USER_MEMORY_REGION of the dummy slot");
		counts->updates++;
	}
	if (!step(setup, values->writes, values->next, &counts->exits_enabled, ending))
		return false;
	found = setup->vmm.mailbox->read;
	counts->enabled_reads++;
	if (found != values->dropped)
		counts->dropped++;
	if (found != values->real)
		return wrong(ending, "a read after re-enabling", values->real, found);
	counts->enabled_real++;
	return true;
}

static void progress(uint64_t cycles, uint64_t *last)
{
	struct report report;
	uint64_t now = milliseconds();

	if (now - *last < 5000)
		return;
	*last = now;
	report_begin(&report, "progress");
	report_text(&report, "check", CHECK);
	report_number(&report, "cycles", cycles);
	report_send(&report);
}

static void choose_values(struct values *values, const struct target *target)
{
	values->serial = (values->serial + 1) & 0xfffffff;
	values->writes = target->memory;
	/* Never equal to each other, to what stands there, or to all ones. */
	values->dropped = target->memory ? 0xd0000000 | values->serial : ~values->real;
	values->next = target->memory ? 0xe0000000 | values->serial : values->real;
}

static void run(struct setup *setup, const struct target *target, struct values *values,
		uint64_t cycles, bool update, struct counts *counts, struct ending *ending)
{
	uint64_t last = milliseconds();
	uint64_t cycle;

	for (cycle = 1; cycle <= cycles; cycle++) {
		choose_values(values, target);
		if (!disabled(setup, values->dropped, counts, ending) ||
		    !enabled(setup, values, update, counts, ending))
			return;
		values->real = values->next;
		counts->cycles = cycle;
		if (cycle % 256 == 0)
			progress(cycle, &last);
	}
}

/* The guest must have the BAR, and the register a value that says something. */
static int first_read(struct setup *setup, const struct target *target, uint32_t *real,
		      struct failure *failure)
{
	struct ending ending = { 0 };
	uint64_t exits = 0;

	if (target->memory && setup_poke(setup, 0xe0000000))
		return fail(failure, "the register cannot be written");
	if (setup_peek(setup, real))
		return fail(failure, "the register cannot be read");
	errno = 0;
	if (!step(setup, false, 0, &exits, &ending) || exits || setup->vmm.mailbox->read != *real)
		return fail(failure, "the guest does not read the register's value to begin with");
	if (*real == ONES || *real == 0) {
		errno = EINVAL;
		return fail(failure,
			    "the register is all ones or zero when enabled: choose another");
	}
	return 0;
}

static void report_counts(struct report *report, const struct counts *counts,
			  const struct exits *exits)
{
	report_number(report, "cycles", counts->cycles);
	report_number(report, "disabledReads", counts->disabled_reads);
	report_number(report, "disabledReadsAllOnes", counts->disabled_ones);
	report_number(report, "disabledWrites", counts->disabled_writes);
	report_number(report, "writesDropped", counts->dropped);
	report_number(report, "enabledReads", counts->enabled_reads);
	report_number(report, "enabledReadsReal", counts->enabled_real);
	report_number(report, "mmioExitsDisabled", counts->exits_disabled);
	report_number(report, "mmioExitsEnabled", counts->exits_enabled);
	report_number(report, "regionReads", exits->reads);
	report_number(report, "regionReadErrors", exits->read_errors);
	report_number(report, "regionWrites", exits->writes);
	report_number(report, "regionWriteErrors", exits->write_errors);
	report_number(report, "slotUpdates", counts->updates);
}

static void report_result(struct setup *setup, const struct counts *counts,
			  const struct exits *exits, const struct counts *without,
			  const struct ending *ending, uint64_t took)
{
	uint64_t cycle = counts->cycles + without->cycles + 1;
	struct report report;

	if (ending->where) {
		report_begin(&report, "result");
		report_text(&report, "check", CHECK);
		report_text(&report, "outcome", "wrong-value");
		report_text(&report, "where", ending->where);
		report_number(&report, "expected", ending->expected);
		report_number(&report, "found", ending->found);
		report_number(&report, "cycle", cycle);
	} else {
		setup_stopped(&report, CHECK, setup, ending->stop, ending->error, cycle);
	}
	report_counts(&report, counts, exits);
	report_number(&report, "cyclesWithoutUpdate", without->cycles);
	report_number(&report, "exitsWithoutUpdate", without->exits_enabled);
	report_number(&report, "milliseconds", took);
	report_send(&report);
}

static void check(struct setup *setup, const struct target *target, uint64_t cycles)
{
	struct counts counts = { 0 }, without = { 0 };
	struct ending ending = { 0 };
	struct values values = { 0 };
	struct failure failure;
	struct exits exits;
	uint64_t start, took;

	if (first_read(setup, target, &values.real, &failure)) {
		report_setup_failed(CHECK, &failure);
		return;
	}
	start = milliseconds();
	run(setup, target, &values, cycles, true, &counts, &ending);
	took = milliseconds() - start;
	exits = setup->vmm.exits;
	if (counts.cycles == cycles)
		run(setup, target, &values, CYCLES_WITHOUT_UPDATE, false, &without, &ending);
	if (ending.broken) {
		failure = (struct failure){ ending.broken, ending.error };
		report_setup_failed(CHECK, &failure);
		return;
	}
	report_result(setup, &counts, &exits, &without, &ending, took);
}

void check_disabled_bar(const struct target *target, uint64_t cycles)
{
	struct failure failure;
	struct setup setup;

	if (setup_open(&setup, target, guest_step(), &failure)) {
		report_setup_failed(CHECK, &failure);
		return;
	}
	check(&setup, target, cycles);
	/* The device is left as it was found. */
	vfio_set_memory(&setup.device, true);
	setup_close(&setup);
}
