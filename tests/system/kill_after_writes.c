/* Preloaded into the program under test: counts what makes a file of the lake appear, grow or change its name, over all
 * its processes and threads, and kills the whole process group (SIGKILL) right after the n-th such call has succeeded.
 *
 * WRITES_STORAGE   the lake's folder (other than the work folder)      WRITES_COUNTERS  file that holds two counts of 8 bytes
 * WRITES_WORK      the work folder, counted apart                      WRITES_KILL_IN   0 the lake, 1 the work folder
 * WRITES_EXCEPT    parts of paths that do not count, parted by colons  WRITES_KILL_AT   n, or 0 to count only
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STORAGE, WORK, NOWHERE };
static _Atomic unsigned long *counters;
static unsigned long kill_at;
static int kill_in;
static const char *storage, *work;
static char *except[16];

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("WRITES_COUNTERS");
    storage = getenv("WRITES_STORAGE");
    work = getenv("WRITES_WORK");
    if (!file || !storage || !work) return;
    kill_at = strtoul(getenv("WRITES_KILL_AT") ?: "0", NULL, 10);
    kill_in = atoi(getenv("WRITES_KILL_IN") ?: "0");
    char *words = strdup(getenv("WRITES_EXCEPT") ?: "");
    for (int i = 0; i < 15 && (except[i] = strtok(i ? NULL : words, ":")); i++) {}
    int fd = open(file, O_RDWR);
    if (fd < 0) return;
    void *memory = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED) counters = memory;
}

static int place(const char *path) {
    if (!counters || !path) return NOWHERE;
    for (int i = 0; except[i]; i++)
        if (strstr(path, except[i])) return NOWHERE;
    if (strstr(path, work)) return WORK;
    return strstr(path, storage) ? STORAGE : NOWHERE;
}

static void counted(const char *path) {
    int where = place(path);
    if (where == NOWHERE) return;
    if (atomic_fetch_add(&counters[where], 1) + 1 == kill_at && where == kill_in) {
        kill(0, SIGKILL);
        for (;;) pause();
    }
}

static void counted_fd(int fd) {
    char link[64], path[PATH_MAX];
    if (!counters) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = 0;
    counted(path);
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int rename(const char *from, const char *to) {
    int result = REAL(rename)(from, to);
    if (!result) counted(to);
    return result;
}

int renameat(int a, const char *from, int b, const char *to) {
    int result = REAL(renameat)(a, from, b, to);
    if (!result) counted(to);
    return result;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    int result = REAL(renameat2)(a, from, b, to, flags);
    if (!result) counted(to);
    return result;
}

int link(const char *from, const char *to) {
    int result = REAL(link)(from, to);
    if (!result) counted(to);
    return result;
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
    int result = REAL(linkat)(a, from, b, to, flags);
    if (!result) counted(to);
    return result;
}

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t result = REAL(write)(fd, data, size);
    if (result > 0) counted_fd(fd);
    return result;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    ssize_t result = REAL(pwrite)(fd, data, size, offset);
    if (result > 0) counted_fd(fd);
    return result;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    ssize_t result = REAL(pwrite64)(fd, data, size, offset);
    if (result > 0) counted_fd(fd);
    return result;
}

int ftruncate(int fd, off_t size) {
    int result = REAL(ftruncate)(fd, size);
    if (!result) counted_fd(fd);
    return result;
}

ssize_t writev(int fd, const struct iovec *data, int count) {
    ssize_t result = REAL(writev)(fd, data, count);
    if (result > 0) counted_fd(fd);
    return result;
}

ssize_t sendfile(int out, int in, off_t *offset, size_t size) {
    ssize_t result = REAL(sendfile)(out, in, offset, size);
    if (result > 0) counted_fd(out);
    return result;
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    ssize_t result = REAL(copy_file_range)(in, from, out, to, size, flags);
    if (result > 0) counted_fd(out);
    return result;
}
