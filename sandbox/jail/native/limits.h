#pragma once

#include "options.h"

/* Lowers the caller's resource limits for good, and gives up every capability. */
void lower_limits(const struct options *options);
