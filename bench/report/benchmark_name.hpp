// The parts of a benchmark's name.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::bench {

// lifetime/fifo/mixed_small/blocks:16/real_time/threads:2, or lifo<malloc_free>
struct benchmark_name
{
    std::vector<std::string> parts;               // lifetime, fifo, mixed_small; lifo, malloc_free
    std::map<std::string, std::string> arguments; // blocks: 16, threads: 2

    // Empty if there are not so many parts.
    [[nodiscard]] std::string part(std::size_t index) const;
    // Empty if there is no such argument.
    [[nodiscard]] std::string argument(const std::string& key) const;
    // Without arguments: lifetime/fifo/mixed_small
    [[nodiscard]] std::string family() const;
    // The parts from the first-th on, and the arguments, in words: `fifo mixed small, 16 blocks, 2
    // threads`
    [[nodiscard]] std::string in_words(std::size_t first = 0) const;
};

[[nodiscard]] benchmark_name parse_name(std::string_view name);

} // namespace heaplings::bench
