/* The processes below the caller, as /proc shows them. Orphans come to the caller, a subreaper, so that all are found by their parents. */
#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PROCESSES = 1 << 16 };

enum kinship { UNKNOWN, OURS, FOREIGN };

struct process {
  pid_t pid;
  pid_t parent;
  enum kinship kinship;
  long long memory_pages;
  long long cpu_ticks;
  long long threads;
};

struct table {
  struct process row[MAX_PROCESSES];
  int count;
};

/* /proc/PID/stat after the name, which may hold anything: state, parent, ... (see proc(5), from field 3 on). */
static bool parse_stat(const char *text, struct process *process) {
  const char *after = strrchr(text, ')');
  if (after == NULL) return false;
  long long user, system, waited_user, waited_system;
  const int fields = sscanf(after + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d %*d %lld %*d %*u %*u %lld",
                            &process->parent, &user, &system, &waited_user, &waited_system, &process->threads, &process->memory_pages);
  process->cpu_ticks = user + system + waited_user + waited_system;
  return fields == 7;
}

static bool read_process(const char *name, struct process *process) {
  char path[64];
  char text[1024];
  process->pid = atoi(name);
  process->kinship = UNKNOWN;
  snprintf(path, sizeof path, "/proc/%d/stat", process->pid);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return false;
  text[length] = '\0';
  return parse_stat(text, process);
}

static void read_table(struct table *table) {
  table->count = 0;
  DIR *folder = opendir("/proc");
  if (folder == NULL) return;
  for (struct dirent *entry = readdir(folder); entry != NULL && table->count < MAX_PROCESSES; entry = readdir(folder)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (read_process(entry->d_name, &table->row[table->count])) table->count += 1;
  }
  closedir(folder);
}

/* /proc lists processes by number, so the table is sorted. */
static struct process *find(struct table *table, pid_t pid) {
  int low = 0;
  int high = table->count;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (table->row[middle].pid < pid) low = middle + 1;
    else high = middle;
  }
  return low < table->count && table->row[low].pid == pid ? &table->row[low] : NULL;
}

/* Walks up to the caller or to a row that is known, then marks the way it came. */
static bool is_ours(struct table *table, struct process *process, pid_t self) {
  struct process *at = process;
  // A number that is used again while /proc is read could close a circle.
  for (int steps = 0; at != NULL && at->kinship == UNKNOWN && at->parent != self && steps < table->count; steps++) at = find(table, at->parent);
  const bool ours = at != NULL && (at->kinship == OURS || (at->kinship == UNKNOWN && at->parent == self));
  for (struct process *mark = process; mark != NULL && mark->kinship == UNKNOWN; mark = find(table, mark->parent)) {
    mark->kinship = ours ? OURS : FOREIGN;
    if (mark == at) break;
  }
  return ours;
}

/* One table for the process: two megabytes are too much for a stack, and unused pages cost nothing. */
static struct table *current_table(void) {
  static struct table table;
  read_table(&table);
  return &table;
}

struct usage measure_tree(void) {
  struct table *table = current_table();
  const pid_t self = getpid();
  const long page = sysconf(_SC_PAGESIZE);
  const long ticks = sysconf(_SC_CLK_TCK);
  struct usage usage = {0};
  for (int at = 0; at < table->count; at++) {
    struct process *process = &table->row[at];
    if (!is_ours(table, process, self)) continue;
    usage.memory_bytes += process->memory_pages * page;
    usage.cpu_ms += process->cpu_ticks * 1000 / ticks;
    usage.processes += 1;
    usage.tasks += process->threads;
  }
  return usage;
}

void kill_tree(void) {
  struct table *table = current_table();
  const pid_t self = getpid();
  for (int at = 0; at < table->count; at++) {
    if (is_ours(table, &table->row[at], self)) kill(table->row[at].pid, SIGKILL);
  }
}
