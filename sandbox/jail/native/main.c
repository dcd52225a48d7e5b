/* The jail: starts one program under rules that it cannot lift, and leaves no process of it behind. It needs no privilege and no namespace. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "filter.h"
#include "guest.h"
#include "landlock.h"
#include "options.h"
#include "probe.h"
#include "supervise.h"

/* Without them the next files that are opened would be taken for control and report. */
static void require_descriptors(void) {
  if (fcntl(CONTROL_FD, F_GETFD) < 0 || fcntl(REPORT_FD, F_GETFD) < 0) fail("descriptors %d (its end stops the run) and %d (takes the report) must be open", CONTROL_FD, REPORT_FD);
}

/* Signals that end the run come as data; `inherited` is what the guest gets back. */
static int take_signals(sigset_t *inherited) {
  sigset_t taken;
  sigemptyset(&taken);
  const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++) sigaddset(&taken, numbers[at]);
  if (sigprocmask(SIG_BLOCK, &taken, inherited) != 0) fail_errno("block signals");
  const int signals = signalfd(-1, &taken, SFD_CLOEXEC);
  if (signals < 0) fail_errno("receive signals");
  return signals;
}

static void refuse_if_partial(int version) {
  if (version < LANDLOCK_WITH_SCOPES) fail("Landlock version %d: signals are confined from version %d on; --allow-partial runs without", version, LANDLOCK_WITH_SCOPES);
  if (!has_filters()) fail("no seccomp filters in this kernel; --allow-partial runs without");
}

static void report(const struct outcome *outcome) {
  // Without a reader there is nobody to miss it.
  signal(SIGPIPE, SIG_IGN);
  char end[32];
  if (WIFEXITED(outcome->status)) snprintf(end, sizeof end, "\"exitCode\":%d", WEXITSTATUS(outcome->status));
  else snprintf(end, sizeof end, "\"signal\":%d", WTERMSIG(outcome->status));
  dprintf(REPORT_FD, "{\"why\":\"%s\",%s,\"cpuMs\":%lld,\"peakMemoryBytes\":%lld,\"peakProcesses\":%d,\"reaped\":%d}\n", outcome->why, end, outcome->cpu_ms,
          outcome->peak_memory_bytes, outcome->peak_processes, outcome->reaped);
}

int main(int count, char **words) {
  const struct options options = parse_options(count, words);
  if (options.probe) return probe_host(options.landlock_at_most);
  require_descriptors();
  const int version = landlock_version(options.landlock_at_most);
  if (version == 0) fail("no Landlock in this kernel, so files cannot be confined");
  if (!options.allow_partial) refuse_if_partial(version);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail_errno("give up new privileges");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) fail_errno("become the parent of orphans");
  const bool own_domain = version >= LANDLOCK_WITH_SCOPES;
  if (own_domain) enter_supervisor_domain();
  sigset_t inherited;
  const int signals = take_signals(&inherited);
  const struct guest guest = start_guest(&options, version, &inherited);
  const struct outcome outcome = supervise(&guest, &options, signals, own_domain);
  report(&outcome);
  return WIFEXITED(outcome.status) ? WEXITSTATUS(outcome.status) : 128 + WTERMSIG(outcome.status);
}
