// The promise that the answers of this folder are run against.
#pragma once

#include <sys/types.h>

// Makes the kernel prefer `sacrifice` over the calling process when memory runs out.
void prefer(pid_t sacrifice);
