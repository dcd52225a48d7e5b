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

/* On a host with many processes a look at all of them costs milliseconds, so most looks are at the known ones and at new numbers. Now and
   then all are looked at nevertheless, for kernels that do not tell the newest number. */
enum { MAX_PROCESSES = 1 << 16, MANY_NEW = 64, LOOKS_PER_SCAN = 16 };

enum kinship { UNKNOWN, OURS, FOREIGN };

struct process {
  pid_t pid;
  pid_t parent;
  enum kinship kinship;
  long long memory_pages;
  long long cpu_ticks;
  long long threads;
};

/* The processes of the tree, sorted by their numbers; while /proc is read, all processes. */
struct table {
  struct process row[MAX_PROCESSES];
  int count;
  /* The newest numbers that there were before the last look and before the one before it. */
  pid_t newest;
  pid_t older;
  int looks;
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

static bool read_text(const char *path, char *text, size_t size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t length = read(file, text, size - 1);
  close(file);
  if (length <= 0) return false;
  text[length] = '\0';
  return true;
}

static bool read_process(pid_t pid, struct process *process) {
  char path[64];
  char text[1024];
  process->pid = pid;
  process->kinship = UNKNOWN;
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  return read_text(path, text, sizeof text) && parse_stat(text, process);
}

static void read_table(struct table *table) {
  table->count = 0;
  DIR *folder = opendir("/proc");
  if (folder == NULL) return;
  for (struct dirent *entry = readdir(folder); entry != NULL && table->count < MAX_PROCESSES; entry = readdir(folder)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (read_process(atoi(entry->d_name), &table->row[table->count])) table->count += 1;
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

static void scan(struct table *table, pid_t self) {
  read_table(table);
  for (int at = 0; at < table->count; at++) is_ours(table, &table->row[at], self);
  int kept = 0;
  for (int at = 0; at < table->count; at++) {
    if (table->row[at].kinship == OURS) table->row[kept++] = table->row[at];
  }
  table->count = kept;
}

/* Looks again at what is known; what has ended is dropped. */
static void refresh(struct table *table) {
  int kept = 0;
  for (int at = 0; at < table->count; at++) {
    struct process now;
    if (read_process(table->row[at].pid, &now)) table->row[kept++] = now;
  }
  table->count = kept;
}

/* The number that was given out last, to a process or a thread: the end of /proc/loadavg; 0 when it is not told. */
static pid_t newest_pid(void) {
  char text[128];
  if (!read_text("/proc/loadavg", text, sizeof text)) return 0;
  const char *last = strrchr(text, ' ');
  return last == NULL ? 0 : atoi(last);
}

/* True when a number given out since the look before the last may be one of the tree. A number is given out a moment before /proc shows its
   process, so each is looked for twice. */
static bool has_new_kin(struct table *table, pid_t newest, pid_t self) {
  if (newest < table->older || newest - table->older > MANY_NEW) return true;
  for (pid_t pid = table->older + 1; pid <= newest; pid++) {
    struct process found;
    if (find(table, pid) == NULL && read_process(pid, &found) && (found.parent == self || find(table, found.parent) != NULL)) return true;
  }
  return false;
}

static void look(struct table *table) {
  const pid_t self = getpid();
  const pid_t newest = newest_pid();
  if (table->looks++ % LOOKS_PER_SCAN == 0 || has_new_kin(table, newest, self)) scan(table, self);
  else refresh(table);
  table->older = table->newest;
  table->newest = newest;
}

/* One table for the process: two megabytes are too much for a stack, and unused pages cost nothing. */
static struct table tree;

struct usage measure_tree(void) {
  const long page = sysconf(_SC_PAGESIZE);
  const long ticks = sysconf(_SC_CLK_TCK);
  struct usage usage = {0};
  look(&tree);
  for (int at = 0; at < tree.count; at++) {
    usage.memory_bytes += tree.row[at].memory_pages * page;
    usage.cpu_ms += tree.row[at].cpu_ticks * 1000 / ticks;
    usage.processes += 1;
    usage.tasks += tree.row[at].threads;
  }
  return usage;
}

void kill_tree(void) {
  scan(&tree, getpid());
  for (int at = 0; at < tree.count; at++) kill(tree.row[at].pid, SIGKILL);
}
