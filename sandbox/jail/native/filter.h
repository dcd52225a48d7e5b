#pragma once

#include <stdbool.h>

/* True when this kernel has seccomp filters. */
bool has_filters(void);

/* Denies the caller, for good, the calls that Landlock does not see. Calls that only a supervisor can judge (chmod and utimensat by path)
   go to the listener that is returned; -1 when another listener is there already, and then only set-id bits are refused. */
int enter_filter(bool network_open);
