/* What the jail can enforce on this host. Versions promise much, so a child goes through the real rules and tries to break them. */
#define _GNU_SOURCE
#include "probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "landlock.h"
#include "options.h"

/* Exit code of the trial: which rules held. */
enum { FILES_HELD = 1, SIGNALS_HELD = 2, CALLS_HELD = 4, LISTENER_HELD = 8 };

_Noreturn static void try_rules(int version) {
  const struct options nothing = {0};
  const pid_t parent = getppid();
  int held = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (version > 0) enter_guest_domain(&nothing, version);
  if (has_filters() && enter_filter(false) >= 0) held |= LISTENER_HELD;
  if (open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0) held |= FILES_HELD;
  if (kill(parent, 0) < 0) held |= SIGNALS_HELD;
  if (socket(AF_UNIX, SOCK_STREAM, 0) < 0) held |= CALLS_HELD;
  _exit(held);
}

static int held_rules(int version) {
  const pid_t child = fork();
  if (child == 0) try_rules(version);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 0;
  return WEXITSTATUS(status);
}

static const char *word(bool holds) {
  return holds ? "true" : "false";
}

int probe_host(int landlock_at_most) {
  struct utsname host;
  if (uname(&host) != 0) return 1;
  const bool no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  const int version = landlock_version(landlock_at_most);
  const int held = no_new_privs ? held_rules(version) : 0;
  printf("{\"landlockAbi\":%d,\"noNewPrivs\":%s,\"files\":%s,\"signals\":%s,\"calls\":%s,\"listener\":%s,\"uid\":%d,\"arch\":\"%s\",\"kernel\":\"%s\"}\n",
         version, word(no_new_privs), word((held & FILES_HELD) != 0), word((held & SIGNALS_HELD) != 0), word((held & CALLS_HELD) != 0),
         word((held & LISTENER_HELD) != 0), (int)getuid(), host.machine, host.release);
  return 0;
}
