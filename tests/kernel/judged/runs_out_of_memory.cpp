// Leaves nothing for anybody, and can't be killed itself.
// says: the machine stopped: Kernel panic - not syncing: System is deadlocked on memory
#include "spec/prefer.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>

void prefer(pid_t)
{
    std::ofstream{"/proc/self/oom_score_adj"} << -1000 << std::flush;
    while (true) {
        void* const block = std::malloc(1 << 18);
        if (block != nullptr) std::memset(block, 1, 1 << 18);
    }
}
