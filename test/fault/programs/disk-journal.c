/*
 * Preloaded (LD_PRELOAD) into a process that writes a database: writes down what it does to the file DISK_JOURNAL_OF, to
 * its -wal and to its -journal, so that a test can make the disk as it would be after a power cut at any point.
 *
 * A record in the file DISK_JOURNAL: one byte what ('W'rite, 'T'runcate, 'S'ync, 'D'elete), one byte which file ('d', 'w',
 * 'j'), eight bytes offset or new size, four bytes length, and the bytes that were written. The process itself may
 * append records of other kinds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int journal = -1;

/* Which of the files a path names; 0: none. */
static char which_path(const char *path) {
  const char *database = getenv("DISK_JOURNAL_OF");
  size_t length = database ? strlen(database) : 0;
  if (!length || strncmp(path, database, length)) return 0;
  path += length;
  if (!*path) return 'd';
  if (!strcmp(path, "-wal")) return 'w';
  if (!strcmp(path, "-journal")) return 'j';
  return 0;
}

static char which(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return which_path(path);
}

static void record(char what, char file, int64_t offset, const void *bytes, uint32_t length) {
  unsigned char head[14] = {(unsigned char)what, (unsigned char)file};
  if (journal < 0) journal = open(getenv("DISK_JOURNAL"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  memcpy(head + 2, &offset, 8);
  memcpy(head + 10, &length, 4);
  struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, length}};
  if (writev(journal, parts, 2) != (ssize_t)(sizeof head + length)) abort();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = REAL(write);
  char file = fd > 2 ? which(fd) : 0;
  int64_t offset = file ? lseek(fd, 0, SEEK_CUR) : 0;
  ssize_t written = real(fd, bytes, count);
  if (file && written > 0) record('W', file, offset, bytes, (uint32_t)written);
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = REAL(pwrite);
  ssize_t written = real(fd, bytes, count, offset);
  char file = which(fd);
  if (file && written > 0) record('W', file, offset, bytes, (uint32_t)written);
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = REAL(pwrite64);
  ssize_t written = real(fd, bytes, count, offset);
  char file = which(fd);
  if (file && written > 0) record('W', file, offset, bytes, (uint32_t)written);
  return written;
}

int ftruncate(int fd, off_t size) {
  static int (*real)(int, off_t);
  if (!real) real = REAL(ftruncate);
  int failed = real(fd, size);
  char file = which(fd);
  if (file && !failed) record('T', file, size, "", 0);
  return failed;
}

int ftruncate64(int fd, off64_t size) {
  static int (*real)(int, off64_t);
  if (!real) real = REAL(ftruncate64);
  int failed = real(fd, size);
  char file = which(fd);
  if (file && !failed) record('T', file, size, "", 0);
  return failed;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = REAL(fsync);
  int failed = real(fd);
  char file = which(fd);
  if (file && !failed) record('S', file, 0, "", 0);
  return failed;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = REAL(fdatasync);
  int failed = real(fd);
  char file = which(fd);
  if (file && !failed) record('S', file, 0, "", 0);
  return failed;
}

int unlink(const char *path) {
  static int (*real)(const char *);
  if (!real) real = REAL(unlink);
  int failed = real(path);
  char file = which_path(path);
  if (file && !failed) record('D', file, 0, "", 0);
  return failed;
}
