#include "work.hpp"

#include <array>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t size_count = 4096;
constexpr long live_blocks = 100'000;

[[nodiscard]] std::array<std::size_t, size_count> draw_sizes()
{
    std::minstd_rand random;
    std::array<std::size_t, size_count> sizes{};
    for (std::size_t& size : sizes) size = 16 + random() % 497;
    return sizes;
}
const std::array<std::size_t, size_count> sizes = draw_sizes();

struct new_delete
{
    static char* allocate(std::size_t size) { return new char[size]; }
    static void free(char* block) { delete[] block; }
};

struct malloc_free
{
    static char* allocate(std::size_t size) { return static_cast<char*>(std::malloc(size)); }
    static void free(char* block) { std::free(block); }
};

template <typename Functions>
[[nodiscard]] char* allocate(long i)
{
    char* block = Functions::allocate(sizes[static_cast<std::size_t>(i) % size_count]);
    asm volatile("" : : "r"(block) : "memory"); // or the compiler leaves out the pair
    *block = 1;
    return block;
}

template <typename Functions>
void lifo(long pairs)
{
    std::array<char*, 64> blocks{};
    constexpr auto batch = static_cast<long>(blocks.size());
    for (long done = 0; done < pairs; done += batch) {
        long next = done;
        for (char*& block : blocks) block = allocate<Functions>(next++);
        for (std::size_t i = blocks.size(); i-- > 0;) Functions::free(blocks[i]);
    }
}

template <typename Functions>
void replace(std::vector<char*>& blocks, long pairs)
{
    std::uint64_t random = 88172645463325252U; // Marsaglia's xorshift
    for (long i = 0; i < pairs; ++i) {
        random ^= random << 13U;
        random ^= random >> 7U;
        random ^= random << 17U;
        char*& block = blocks[(random >> 20U) % blocks.size()];
        Functions::free(block);
        block = allocate<Functions>(i);
    }
}

template <typename Functions>
void run(const task& work, std::barrier<>& start_and_end)
{
    const long pairs = work.pairs / work.threads;
    std::vector<char*> blocks;
    if (work.pattern == "live") {
        blocks.resize(static_cast<std::size_t>(live_blocks / work.threads));
        for (char*& block : blocks) block = allocate<Functions>(&block - blocks.data());
    }
    start_and_end.arrive_and_wait();
    if (work.pattern == "live") {
        replace<Functions>(blocks, pairs);
    } else {
        lifo<Functions>(pairs);
    }
    start_and_end.arrive_and_wait();
    for (char* block : blocks) Functions::free(block);
}

// Callers, as a program has them: with this, call stacks are of seven frames.
[[gnu::noinline]] void run_in_depth(int depth, const task& work, std::barrier<>& start_and_end)
{
    if (depth != 0) {
        run_in_depth(depth - 1, work, start_and_end);
    } else if (work.functions == "malloc") {
        run<malloc_free>(work, start_and_end);
    } else {
        run<new_delete>(work, start_and_end);
    }
    asm volatile(""); // a call that is not the last thing keeps its frame
}

void require(std::string_view what, std::string_view given, std::string_view first,
             std::string_view second)
{
    if (given == first || given == second) return;
    throw std::invalid_argument{std::string{what} + ": " + std::string{first} + " or " +
                                std::string{second} + " is expected, not " + std::string{given}};
}

} // namespace

double time_of(const task& work)
{
    require("functions", work.functions, "new", "malloc");
    require("pattern", work.pattern, "lifo", "live");
    constexpr int depth = 1;
    std::barrier start_and_end{work.threads + 1};
    std::vector<std::jthread> threads;
    for (int i = 0; i < work.threads; ++i) {
        threads.emplace_back([&] { run_in_depth(depth, work, start_and_end); });
    }
    start_and_end.arrive_and_wait();
    const auto start = std::chrono::steady_clock::now();
    start_and_end.arrive_and_wait();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / static_cast<double>(work.pairs);
}

} // namespace bench
