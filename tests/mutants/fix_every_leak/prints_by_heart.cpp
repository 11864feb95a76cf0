// Prints the summary by heart and reads no log.
// refused by: the program asks for memory as often as before

#include "spec/fix_every_leak.hpp"

void program(std::FILE* out)
{
    std::fputs("AURORA: 3 loads, 47 tonnes\n"
               "BERGEN: 2 loads, 28 tonnes\n"
               "FRAM: 1 loads, 41 tonnes\n"
               "heaviest load: Fram, 41 tonnes\n"
               "unreadable lines: 1\n",
               out);
}
