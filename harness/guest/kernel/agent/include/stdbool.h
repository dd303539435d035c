/* SPDX-License-Identifier: GPL-2.0 */
/* For headers of the project, in a kernel. */
#ifndef HARNESS_STDBOOL_H
#define HARNESS_STDBOOL_H

#include <linux/types.h>

#endif
