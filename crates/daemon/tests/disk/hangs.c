/* A disk that hangs: while the file HANGS_WHILE exists, no flush of the journal comes back, and the control socket cannot be removed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for_the_gate(void)
{
	const char *gate = getenv("HANGS_WHILE");

	while (gate != NULL && access(gate, F_OK) == 0)
		usleep(10000);
}

static void hang(int descriptor)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return;
	path[length] = 0;
	if (strstr(path, "/live.db") != NULL)
		wait_for_the_gate();
}

int unlink(const char *path)
{
	if (strstr(path, "/linka.sock") != NULL)
		wait_for_the_gate();
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int fsync(int descriptor)
{
	hang(descriptor);
	return syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
	hang(descriptor);
	return syscall(SYS_fdatasync, descriptor);
}
