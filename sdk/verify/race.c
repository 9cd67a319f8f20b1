// SPDX-License-Identifier: GPL-2.0-only
/*
 * race: one CPU runs a guest that reads and writes the BAR without a pause,
 * another toggles decoding and updates the slots. Nothing but the register's
 * value and all ones is right, whatever the moment.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "setup.h"

#define CHECK "race"
#define MAGIC 0x600df00dU

struct race {
	struct setup *setup;
	atomic_bool stop;
	atomic_bool ended;
	atomic_ullong bursts;
	enum vmm_stop how;
	int error;
};

static void *spin(void *argument)
{
	struct race *race = argument;

	do {
		race->how = vmm_step(&race->setup->vmm);
		race->error = errno;
		if (race->how == VMM_STEP)
			atomic_fetch_add(&race->bursts, 1);
	} while (race->how == VMM_STEP && !atomic_load(&race->stop));
	atomic_store(&race->ended, true);
	return NULL;
}

/* Lets the guest end so many bursts; false if it ends for good instead. */
static bool wait_for(struct race *race, unsigned int bursts)
{
	unsigned long long until = atomic_load(&race->bursts) + bursts;

	while (atomic_load(&race->bursts) < until) {
		if (atomic_load(&race->ended))
			return false;
		sched_yield();
	}
	return true;
}

/* 0, 1 or 2 bursts in turn, so that the two drift against each other. */
static bool toggle(struct race *race, uint64_t cycle, struct failure *failure)
{
	if (vfio_set_memory(&race->setup->device, false)) {
		fail(failure, "memory decoding cannot be turned off");
		return false;
	}
	if (!wait_for(race, cycle % 3))
		return false;
	if (vfio_set_memory(&race->setup->device, true)) {
		fail(failure, "memory decoding cannot be turned on");
		return false;
	}
	/* Not each time: it waits for an RCU grace period, the toggling does not. */
	if (cycle % 4 == 0 && vmm_update_slots(&race->setup->vmm)) {
		fail(failure, "KVM_SET_USER_MEMORY_REGION of the dummy slot");
		return false;
	}
	return wait_for(race, 1 + cycle / 3 % 2);
}

static uint64_t toggle_all(struct race *race, uint64_t cycles, struct failure *failure)
{
	uint64_t last = milliseconds();
	struct report report;
	uint64_t cycle;

	/* The guest is to have the BAR before it is taken away. */
	if (!wait_for(race, 1))
		return 0;
	for (cycle = 1; cycle <= cycles && toggle(race, cycle, failure); cycle++) {
		if (milliseconds() - last < 5000)
			continue;
		last = milliseconds();
		report_begin(&report, "progress");
		report_text(&report, "check", CHECK);
		report_number(&report, "cycles", cycle);
		report_send(&report);
	}
	return cycle - 1;
}

static void report_race(struct race *race, uint64_t cycles, uint64_t took)
{
	volatile struct mailbox *mailbox = race->setup->vmm.mailbox;
	struct exits *exits = &race->setup->vmm.exits;
	struct report report;

	setup_stopped(&report, CHECK, race->setup, race->how, race->error, cycles + 1);
	report_number(&report, "cycles", cycles);
	report_number(&report, "reads", mailbox->reads);
	report_number(&report, "exits", exits->mmio);
	report_number(&report, "wrongValues", mailbox->wrong);
	report_number(&report, "wrongValue", mailbox->wrong_value);
	report_number(&report, "regionReads", exits->reads);
	report_number(&report, "regionReadErrors", exits->read_errors);
	report_number(&report, "regionWrites", exits->writes);
	report_number(&report, "regionWriteErrors", exits->write_errors);
	report_number(&report, "milliseconds", took);
	report_send(&report);
}

void check_race(const struct target *target, uint64_t cycles)
{
	struct failure failure = { 0 };
	struct race race = { 0 };
	struct setup setup;
	pthread_t thread;
	uint64_t start, done;

	if (setup_open(&setup, target, guest_spin(), &failure)) {
		report_setup_failed(CHECK, &failure);
		return;
	}
	race.setup = &setup;
	setup.vmm.mailbox->magic = MAGIC;
	start = milliseconds();
	errno = 0;
	if (setup_poke(&setup, MAGIC) || pthread_create(&thread, NULL, spin, &race)) {
		fail(&failure, "the register cannot be written, or no thread be started");
		report_setup_failed(CHECK, &failure);
		setup_close(&setup);
		return;
	}
	done = toggle_all(&race, cycles, &failure);
	atomic_store(&race.stop, true);
	pthread_join(thread, NULL);
	if (failure.what)
		report_setup_failed(CHECK, &failure);
	else
		report_race(&race, done, milliseconds() - start);
	setup_close(&setup);
}
