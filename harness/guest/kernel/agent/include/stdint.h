/* SPDX-License-Identifier: GPL-2.0 */
/* For headers of the project, in a kernel. */
#ifndef HARNESS_STDINT_H
#define HARNESS_STDINT_H

#include <linux/types.h>

#endif
