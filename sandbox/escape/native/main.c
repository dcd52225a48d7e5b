/* Tries to break out, one way a run: probe NAME [argument...]. It says how the attempt ended; its parent looks for itself what came of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe.h"

static const struct probe *const tables[] = {file_probes, metadata_probes, process_probes, signal_probes, socket_probes, kernel_probes, resource_probes, ground_probes};

long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int verdict(long result) {
  if (result >= 0) return THROUGH;
  fprintf(stderr, "refused: %s\n", strerror(errno));
  return REFUSED;
}

const char *text(char **words, int index) {
  for (int at = 0; at <= index; at++) {
    if (words[at] == NULL) exit(NOT_TRIED);
  }
  return words[index];
}

long number(char **words, int index) {
  char *end = NULL;
  const char *word = text(words, index);
  const long value = strtol(word, &end, 10);
  if (*word == '\0' || *end != '\0') exit(NOT_TRIED);
  return value;
}

int main(int count, char **words) {
  if (count < 2) return NOT_TRIED;
  for (size_t table = 0; table < sizeof tables / sizeof *tables; table++) {
    for (const struct probe *probe = tables[table]; probe->name != NULL; probe++) {
      if (strcmp(probe->name, words[1]) == 0) return probe->attempt(words + 2);
    }
  }
  fprintf(stderr, "no probe %s\n", words[1]);
  return NOT_TRIED;
}
