/* Preloaded into the program under test: counts what makes a file of the lake appear, grow or change its name, over all
 * its processes and threads, and kills the whole process group (SIGKILL) right after the n-th such call has succeeded.
 *
 * WRITES_BELOW   folder whose files count            WRITES_COUNTER  file of 8 bytes that holds the count
 * WRITES_KILL_AT n, or 0 to count only
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
#include <unistd.h>

static _Atomic unsigned long *counter;
static unsigned long kill_at;
static const char *below;

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("WRITES_COUNTER");
    below = getenv("WRITES_BELOW");
    if (!file || !below) return;
    kill_at = strtoul(getenv("WRITES_KILL_AT") ?: "0", NULL, 10);
    int fd = open(file, O_RDWR);
    if (fd < 0) return;
    void *memory = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED) counter = memory;
}

static int inside(const char *path) { return counter && path && strstr(path, below) != NULL; }

static int inside_fd(int fd) {
    char link[64], path[PATH_MAX];
    if (!counter) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return inside(path);
}

static void counted(void) {
    if (atomic_fetch_add(counter, 1) + 1 == kill_at) {
        kill(0, SIGKILL);
        for (;;) pause();
    }
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int rename(const char *from, const char *to) {
    int result = REAL(rename)(from, to);
    if (!result && inside(to)) counted();
    return result;
}

int renameat(int a, const char *from, int b, const char *to) {
    int result = REAL(renameat)(a, from, b, to);
    if (!result && inside(to)) counted();
    return result;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    int result = REAL(renameat2)(a, from, b, to, flags);
    if (!result && inside(to)) counted();
    return result;
}

int link(const char *from, const char *to) {
    int result = REAL(link)(from, to);
    if (!result && inside(to)) counted();
    return result;
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
    int result = REAL(linkat)(a, from, b, to, flags);
    if (!result && inside(to)) counted();
    return result;
}

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t result = REAL(write)(fd, data, size);
    if (result > 0 && inside_fd(fd)) counted();
    return result;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    ssize_t result = REAL(pwrite)(fd, data, size, offset);
    if (result > 0 && inside_fd(fd)) counted();
    return result;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    ssize_t result = REAL(pwrite64)(fd, data, size, offset);
    if (result > 0 && inside_fd(fd)) counted();
    return result;
}

int ftruncate(int fd, off_t size) {
    int result = REAL(ftruncate)(fd, size);
    if (!result && inside_fd(fd)) counted();
    return result;
}
