/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Modules of a guest kernel that has its devices and tunnels apart (Debian's package). */
#ifndef HARNESS_GUEST_MODULES_H
#define HARNESS_GUEST_MODULES_H

/*
 * Load from dir what worlds need (the table in modules.c), with what each depends on. A module
 * that is not there is built in, or the kernel lacks it: a world that needs it will say so.
 */
void guest_modules_load(const char *dir);

#endif
