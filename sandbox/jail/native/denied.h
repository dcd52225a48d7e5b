#pragma once

#include <stddef.h>

/* A system call that is answered with `error` whatever its arguments are. */
struct denied {
  int call;
  int error;
};

/* Ends with the last row. */
extern const struct denied denied_calls[];
extern const size_t denied_count;
