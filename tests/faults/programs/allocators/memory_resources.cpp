// std::pmr: a monotonic buffer over a pool over new and delete, with containers on top.
// expects: nothing

#include "program.hpp"

#include <cstddef>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

namespace faults::memory_resources {

void program()
{
    std::pmr::unsynchronized_pool_resource pool;
    std::byte start[512];
    std::pmr::monotonic_buffer_resource request{start, sizeof start, &pool};
    {
        std::pmr::vector<std::pmr::string> words{&request};
        for (std::size_t i = 0; i < 100; ++i) words.emplace_back(i, 'w');
        std::pmr::unordered_map<int, std::pmr::string> names{&pool};
        for (std::size_t i = 0; i < 100; ++i) names[static_cast<int>(i)] = words[i];
        for (int i = 0; i < 50; ++i) names.erase(i);
    }
    request.release();
    std::pmr::synchronized_pool_resource shared;
    const std::pmr::vector<double> samples(10'000, 0.0, &shared);
}

} // namespace faults::memory_resources
