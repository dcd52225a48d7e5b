/* How the jail gives up: one sentence for people, the same one as JSON for the parent. */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Paths come from the caller and may hold anything: what JSON cannot hold as it is becomes a question mark. */
static void make_plain(char *text) {
  for (; *text != '\0'; text++) {
    if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\') *text = '?';
  }
}

_Noreturn static void give_up(char *sentence) {
  make_plain(sentence);
  dprintf(REPORT_FD, "{\"error\":\"%s\"}\n", sentence);
  dprintf(STDERR_FILENO, "jail: %s\n", sentence);
  _exit(JAIL_FAILED);
}

_Noreturn void fail(const char *format, ...) {
  char sentence[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  give_up(sentence);
}

_Noreturn void fail_errno(const char *format, ...) {
  const int error = errno;
  char sentence[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence - 100, format, arguments);
  va_end(arguments);
  snprintf(sentence + strlen(sentence), 100, ": %s", strerror(error));
  give_up(sentence);
}
