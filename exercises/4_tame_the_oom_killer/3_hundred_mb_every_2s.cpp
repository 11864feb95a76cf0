// Before a hospital buys a monitoring system it wants to see an alarm. Somebody has to leak memory
// in front of the board: slowly enough to watch, 100 MB every two seconds, and steadily enough that
// the line on the screen is straight.
//
// That is less simple than it sounds. Memory that nobody has written to does not count, nor does
// what is freed again. And who sleeps two seconds after each piece of work is late by as much as
// the work takes, each time: after an hour the leak is minutes behind. A steady pace is kept with
// times to be somewhere, not with lengths of sleep.
//
// TODO: this pace frees what it has just obtained, touches only its first byte, and drifts. Make it
// leak as spec/hundred_mb_every_2s.hpp promises: `clock.now()` tells the time, `clock.sleep_until`
// waits for one. The tests run in no time, with 10 MB and a clock of their own. The real thing,
// with the score of the process after each step, until the OOM killer comes, is
//
//     ./heaplings run hundred_mb_every_2s --live
//
// Read: man 3 malloc, man 2 clock_nanosleep (NOTES: TIMER_ABSTIME, and why), man 3 memset

#include "spec/hundred_mb_every_2s.hpp"

#include <cstdlib>

std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock)
{
    std::vector<void*> blocks;
    for (int i = 0; i < rounds; ++i) {
        char* const memory = static_cast<char*>(std::malloc(block));
        memory[0] = 1;
        std::free(memory);
        clock.sleep_until(clock.now() + every);
    }
    return blocks;
}
