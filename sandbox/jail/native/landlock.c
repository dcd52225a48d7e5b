/* Landlock: which files, TCP ports, signals and abstract sockets a domain reaches. Declared here, so that the headers of the build host do not matter. */
#define _GNU_SOURCE
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"

/* The same numbers on every architecture. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { QUERY_VERSION = 1, PATH_BENEATH = 1 };

struct ruleset {
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
};

struct path_rule {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

enum {
  EXECUTE = 1 << 0,
  WRITE_FILE = 1 << 1,
  READ_FILE = 1 << 2,
  READ_FOLDER = 1 << 3,
  MAKE_CHARACTER_DEVICE = 1 << 6,
  MAKE_SOCKET = 1 << 9,
  MAKE_BLOCK_DEVICE = 1 << 11,
  MAKE_LINK = 1 << 12,
  REFER = 1 << 13,
  TRUNCATE = 1 << 14,
  DEVICE_IOCTL = 1 << 15,
};
enum { BIND_TCP = 1, CONNECT_TCP = 2 };
enum { ABSTRACT_SOCKETS = 1, SIGNALS = 2 };

static const uint64_t reading = EXECUTE | READ_FILE | READ_FOLDER;
static const uint64_t for_files = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_IOCTL;
static const uint64_t never = MAKE_CHARACTER_DEVICE | MAKE_BLOCK_DEVICE | MAKE_SOCKET | DEVICE_IOCTL;

static uint64_t file_rights(int version) {
  if (version >= 5) return DEVICE_IOCTL * 2 - 1;
  if (version >= 3) return TRUNCATE * 2 - 1;
  if (version == 2) return REFER * 2 - 1;
  return MAKE_LINK * 2 - 1;
}

/* A kernel refuses a struct with more fields than it knows when these are not 0, so each version gets its own size. */
static size_t ruleset_size(int version) {
  if (version >= LANDLOCK_WITH_SCOPES) return sizeof(struct ruleset);
  return version >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, network);
}

int landlock_version(int at_most) {
  const long version = syscall(CREATE_RULESET, NULL, 0, QUERY_VERSION);
  if (version < 0) return 0;
  return version < at_most ? (int)version : at_most;
}

static int create_ruleset(struct ruleset wish, int version) {
  const long ruleset = syscall(CREATE_RULESET, &wish, ruleset_size(version), 0);
  if (ruleset < 0) fail_errno("create a Landlock ruleset");
  return (int)ruleset;
}

static void enter(int ruleset) {
  if (syscall(RESTRICT_SELF, ruleset, 0) != 0) fail_errno("enter a Landlock domain");
  close(ruleset);
}

/* Allows `rights` below `path`; false when there is no such path. */
static bool allow(int ruleset, const char *path, uint64_t rights) {
  const int parent = open(path, O_PATH | O_CLOEXEC);
  if (parent < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return false;
  struct stat found;
  if (parent < 0 || fstat(parent, &found) != 0) fail_errno("open %s", path);
  // Rights that make sense only for folders are refused on a file.
  const struct path_rule rule = {.allowed = S_ISDIR(found.st_mode) ? rights : rights & for_files, .parent = parent};
  if (rule.allowed != 0 && syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) != 0) fail_errno("allow %s", path);
  close(parent);
  return true;
}

static void allow_trees(int ruleset, const struct options *options, uint64_t all) {
  // A tree to read that does not exist is skipped: tool chains differ from host to host.
  for (int at = 0; at < options->readable.count; at++) allow(ruleset, options->readable.path[at], reading & all);
  for (int at = 0; at < options->writable.count; at++) {
    if (!allow(ruleset, options->writable.path[at], all & ~never)) fail_errno("open %s, which is to be writable", options->writable.path[at]);
  }
}

void enter_supervisor_domain(void) {
  const int ruleset = create_ruleset((struct ruleset){.files = REFER, .scoped = SIGNALS}, LANDLOCK_WITH_SCOPES);
  // Every domain forbids moving files between folders unless it allows that, also one that is not about files.
  allow(ruleset, "/", REFER);
  enter(ruleset);
}

void enter_guest_domain(const struct options *options, int version) {
  const uint64_t all = file_rights(version);
  const int ruleset = create_ruleset(
      (struct ruleset){
          .files = all,
          .network = version >= 4 && !options->network_open ? BIND_TCP | CONNECT_TCP : 0,
          .scoped = version >= LANDLOCK_WITH_SCOPES ? ABSTRACT_SOCKETS | SIGNALS : 0,
      },
      version);
  allow_trees(ruleset, options, all);
  allow(ruleset, "/dev/null", all & (READ_FILE | WRITE_FILE | TRUNCATE | DEVICE_IOCTL));
  allow(ruleset, "/dev/zero", READ_FILE);
  allow(ruleset, "/dev/full", READ_FILE | WRITE_FILE);
  allow(ruleset, "/dev/random", READ_FILE);
  allow(ruleset, "/dev/urandom", READ_FILE);
  enter(ruleset);
}
