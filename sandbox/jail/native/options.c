/* The command line: jail [options] -- program [argument...], or jail --probe. */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

static long long whole_number(const char *name, const char *text) {
  char *end = NULL;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || value == 0) fail("%s %s: must be a whole number above 0", name, text);
  return value;
}

static int small_number(const char *name, const char *text) {
  const long long value = whole_number(name, text);
  if (value > INT_MAX) fail("%s %s: too large", name, text);
  return (int)value;
}

static void add_tree(struct trees *trees, const char *name, const char *path) {
  if (path[0] != '/') fail("%s %s: must be an absolute path", name, path);
  if (trees->count == MAX_TREES) fail("%s %s: at most %d trees", name, path, MAX_TREES);
  trees->path[trees->count++] = path;
}

static bool is_open(const char *value) {
  if (strcmp(value, "open") == 0) return true;
  if (strcmp(value, "none") != 0) fail("--network %s: must be none or open", value);
  return false;
}

/* True when `name` is an option that stands alone. */
static bool set_switch(struct options *options, const char *name) {
  const struct {
    const char *name;
    bool *field;
  } switches[] = {
      {"--stdin", &options->pass_stdin},
      {"--allow-partial", &options->allow_partial},
      {"--probe", &options->probe},
  };
  for (size_t at = 0; at < sizeof switches / sizeof *switches; at++) {
    if (strcmp(name, switches[at].name) != 0) continue;
    *switches[at].field = true;
    return true;
  }
  return false;
}

static void set_value(struct options *options, const char *name, const char *value) {
  const struct {
    const char *name;
    long long *field;
  } numbers[] = {
      {"--cpu-ms", &options->cpu_ms},
      {"--memory-bytes", &options->memory_bytes},
      {"--tasks", &options->tasks},
      {"--file-bytes", &options->file_bytes},
  };
  for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++) {
    if (strcmp(name, numbers[at].name) != 0) continue;
    *numbers[at].field = whole_number(name, value);
    return;
  }
  if (strcmp(name, "--write") == 0) add_tree(&options->writable, name, value);
  else if (strcmp(name, "--read") == 0) add_tree(&options->readable, name, value);
  else if (strcmp(name, "--network") == 0) options->network_open = is_open(value);
  else if (strcmp(name, "--wall-ms") == 0) options->wall_ms = small_number(name, value);
  else if (strcmp(name, "--landlock-at-most") == 0) options->landlock_at_most = small_number(name, value);
  else fail("%s: no such option", name);
}

struct options parse_options(int count, char **words) {
  struct options options = {.landlock_at_most = INT_MAX};
  int at = 1;
  while (at < count && strcmp(words[at], "--") != 0) {
    if (set_switch(&options, words[at])) {
      at += 1;
      continue;
    }
    if (at + 1 >= count) fail("%s: no such option, or its value is missing", words[at]);
    set_value(&options, words[at], words[at + 1]);
    at += 2;
  }
  options.command = at < count ? words + at + 1 : words + count;
  if (options.probe != (options.command[0] == NULL)) fail("give either --probe or -- and a program");
  return options;
}
