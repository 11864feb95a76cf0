// Writes where a null pointer points to.
// says: segmentation fault in twice (segmentation_fault.cpp:
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

int twice(int number)
{
    int* volatile nowhere = nullptr;
    *nowhere = 1;
    return 2 * number;
}
