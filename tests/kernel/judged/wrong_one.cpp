// Offers itself.
// says: 0 of 1 test cases pass
// says: CHECK( first == sacrifice )
#include "spec/prefer.hpp"

#include <fstream>

void prefer(pid_t)
{
    std::ofstream{"/proc/self/oom_score_adj"} << 1000;
}
