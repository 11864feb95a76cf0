// What the passes that count find out, between the loops of the patterns and those who ask for it.
#pragma once

#include "measured.hpp"

#include <heaplings/units.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace bench::detail {

// As in benchmark::MemoryManager::Result, which needs a symbol that version 1.7.1 does not export.
struct memory_use
{
    std::int64_t allocations = 0;    // in the loop
    heaplings::bytes allocated;      // in the loop
    heaplings::bytes peak;           // of the pattern with what is in front of its loop
    heaplings::bytes left_allocated; // at the end of the pattern
};

// About the benchmark that is running.
struct findings
{
    std::mutex mutex; // its threads come together here
    std::string refusal;
    bool has_loop = false;
    bool has_error = false; // as it can't run on this machine
    memory_use memory;
};
inline findings found;

// Makes Google Benchmark run them, with what each allocates noted in a pass that counts.
void register_patterns(const std::vector<pattern>& patterns);

} // namespace bench::detail
