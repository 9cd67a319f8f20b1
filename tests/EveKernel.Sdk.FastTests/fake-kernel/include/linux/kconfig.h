/* SPDX-License-Identifier: Apache-2.0 */
#include <generated/autoconf.h>
