/* A disk that hangs as a whole: while the file HANGS_WHILE exists, no call comes back that names
 * something under the folder HANGS_UNDER, or that reads, writes or flushes an open file there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void hang(const char *path)
{
	const char *gate = getenv("HANGS_WHILE"), *folder = getenv("HANGS_UNDER");

	if (gate == NULL || folder == NULL || path == NULL || strstr(path, folder) == NULL)
		return;
	while (syscall(SYS_faccessat, AT_FDCWD, gate, F_OK) == 0)
		usleep(10000);
}

static void hang_open(int descriptor)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
	if (length < 0)
		return;
	path[length] = 0;
	hang(path);
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = va_arg(rest, mode_t);
	va_end(rest);
	hang(path);
	return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int stat(const char *path, struct stat *found)
{
	hang(path);
	return syscall(SYS_newfstatat, AT_FDCWD, path, found, 0);
}

int stat64(const char *path, struct stat64 *found)
{
	hang(path);
	return syscall(SYS_newfstatat, AT_FDCWD, path, found, 0);
}

int lstat(const char *path, struct stat *found)
{
	hang(path);
	return syscall(SYS_newfstatat, AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
}

int lstat64(const char *path, struct stat64 *found)
{
	hang(path);
	return syscall(SYS_newfstatat, AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict found)
{
	if (path[0] == 0)
		hang_open(folder);
	hang(path);
	return syscall(SYS_statx, folder, path, flags, mask, found);
}

int access(const char *path, int mode)
{
	hang(path);
	return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
	hang(path);
	return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int chmod(const char *path, mode_t mode)
{
	hang(path);
	return syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

int unlink(const char *path)
{
	hang(path);
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int rename(const char *from, const char *to)
{
	hang(from);
	hang(to);
	return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

ssize_t readlink(const char *restrict path, char *restrict to, size_t size)
{
	hang(path);
	return syscall(SYS_readlinkat, AT_FDCWD, path, to, size);
}

char *realpath(const char *restrict path, char *restrict to)
{
	char *(*real)(const char *, char *) = dlsym(RTLD_NEXT, "realpath");

	hang(path);
	return real(path, to);
}

static void hang_socket(const struct sockaddr *address)
{
	if (address->sa_family == AF_UNIX)
		hang(((const struct sockaddr_un *)address)->sun_path);
}

int bind(int socket, const struct sockaddr *address, socklen_t length)
{
	hang_socket(address);
	return syscall(SYS_bind, socket, address, length);
}

int connect(int socket, const struct sockaddr *address, socklen_t length)
{
	hang_socket(address);
	return syscall(SYS_connect, socket, address, length);
}

ssize_t pread64(int descriptor, void *to, size_t size, off64_t at)
{
	hang_open(descriptor);
	return syscall(SYS_pread64, descriptor, to, size, at);
}

ssize_t pwrite64(int descriptor, const void *from, size_t size, off64_t at)
{
	hang_open(descriptor);
	return syscall(SYS_pwrite64, descriptor, from, size, at);
}

int ftruncate64(int descriptor, off64_t length)
{
	hang_open(descriptor);
	return syscall(SYS_ftruncate, descriptor, length);
}

int fsync(int descriptor)
{
	hang_open(descriptor);
	return syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
	hang_open(descriptor);
	return syscall(SYS_fdatasync, descriptor);
}
