// Ignores every signal that can be ignored, and does not end. Stopped at 5 s of processor time, or,
// where others use the processors, at 10 s on the wall.
// says: does a loop not end?
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <csignal>

int twice(int number)
{
    for (int each = 1; each < NSIG; ++each) std::signal(each, SIG_IGN);
    volatile bool going = true;
    while (going) {
    }
    return 2 * number;
}
