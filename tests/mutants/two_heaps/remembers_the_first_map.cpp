// Reads the map once and keeps it: the heap grows, new mappings come.
// refused by: the answer is right for a heap that has grown since the last question

#include "spec/two_heaps.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

struct mapping
{
    unsigned long begin, past;
    char path[256];
};

std::vector<mapping> read_map()
{
    std::vector<mapping> map;
    std::FILE* const maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) return map;

    char line[512];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        mapping next{};
        std::sscanf(line, "%lx-%lx %*s %*s %*s %*s %255[^\n]", &next.begin, &next.past, next.path);
        map.push_back(next);
    }
    std::fclose(maps);
    return map;
}

} // namespace

origin origin_of(const void* block)
{
    static const std::vector<mapping> map = read_map();
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    for (const mapping& each : map) {
        if (address < each.begin || address >= each.past) continue;
        if (std::strcmp(each.path, "[heap]") == 0) return origin::brk;
        return each.path[0] == '\0' ? origin::mmap : origin::none;
    }
    return origin::none;
}
