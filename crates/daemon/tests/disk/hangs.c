/* A disk that hangs: no flush of the journal comes back while the file HANGS_WHILE exists. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hang(int descriptor)
{
	const char *gate = getenv("HANGS_WHILE");
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	length = readlink(link, path, sizeof path - 1);
	if (gate == NULL || length < 0)
		return;
	path[length] = 0;
	if (strstr(path, "/live.db") == NULL)
		return;
	while (access(gate, F_OK) == 0)
		usleep(10000);
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
