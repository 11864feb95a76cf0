// The answer, and nothing else.
// says: passes: 1 of 1 test cases
// says: the kernel's log tells of the kill:
// says: free memory until then:
#include "spec/prefer.hpp"

#include <fstream>
#include <string>

void prefer(pid_t sacrifice)
{
    std::ofstream{"/proc/" + std::to_string(sacrifice) + "/oom_score_adj"} << 1000;
    std::ofstream{"/proc/self/oom_score_adj"} << -1000;
}
