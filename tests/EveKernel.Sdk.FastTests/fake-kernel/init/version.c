// SPDX-License-Identifier: Apache-2.0
#include <generated/compile.h>
#include <generated/utsrelease.h>

extern const char release[];
extern const char compiler[];
const char release[] = UTS_RELEASE;
const char compiler[] = LINUX_COMPILER;
