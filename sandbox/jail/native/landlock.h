#pragma once

#include "options.h"

/* First Landlock version with signal and abstract-socket scopes; older ones make the jail partial. */
enum { LANDLOCK_WITH_SCOPES = 6 };

/* Version of Landlock in this kernel, held to `at_most`; 0 when there is none. */
int landlock_version(int at_most);

/* Puts the caller into a domain of its own for signals, so that kill(-1) reaches only what it starts. */
void enter_supervisor_domain(void);

/* Makes the guest's domain and enters it: files, TCP, signals, abstract sockets, as far as `version` goes. */
void enter_guest_domain(const struct options *options, int version);
