// A main of the learner's own: there can be but one.
// says: main
#include "spec/hostile.hpp"

int twice(int number)
{
    return 2 * number;
}

int main()
{
    return 0;
}
