#pragma once

#include <stddef.h>

/* Exit codes of a probe: what it tried succeeded, was refused, or could not be tried at all. */
enum { THROUGH = 0, REFUSED = 1, NOT_TRIED = 2 };

/* One attempt, by its name on the command line. `words` are its arguments, NULL at the end. */
struct probe {
  const char *name;
  int (*attempt)(char **words);
};

/* How long a race is tried, in milliseconds: some 100,000 rounds. */
enum { RACE_MS = 400 };

/* A clock that only grows. */
long milliseconds(void);

/* THROUGH for a result of 0 or more; else REFUSED, with the words of errno on stderr. */
int verdict(long result);

/* A number among the arguments; ends with NOT_TRIED when it is missing. */
long number(char **words, int index);

/* A text among the arguments; ends with NOT_TRIED when it is missing. */
const char *text(char **words, int index);

/* Each table ends with a row without a name. */
extern const struct probe file_probes[];
extern const struct probe metadata_probes[];
extern const struct probe process_probes[];
extern const struct probe signal_probes[];
extern const struct probe socket_probes[];
extern const struct probe kernel_probes[];
extern const struct probe resource_probes[];
extern const struct probe ground_probes[];
