// Waits for what never comes, and needs no processor for it.
// says: stopped after 10 s: does it wait for something that never comes
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <unistd.h>

int twice(int)
{
    while (true) pause();
}
