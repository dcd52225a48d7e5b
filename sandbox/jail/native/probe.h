#pragma once

/* Prints as one JSON line what this host lets the jail enforce, by trying it; the exit code. */
int probe_host(int landlock_at_most);
