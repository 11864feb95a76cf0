// Ignores every signal that can be ignored, and does not end.
// says: stopped after 5 s of processor time
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
