#include "work.hpp"

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t size_count = 4096;
constexpr long live_blocks = 100'000;

// 16 to 512 bytes.
[[nodiscard]] std::array<std::size_t, size_count> random_sizes()
{
    std::minstd_rand random;
    std::array<std::size_t, size_count> sizes{};
    for (std::size_t& size : sizes) size = 16 + random() % 497;
    return sizes;
}
const std::array<std::size_t, size_count> sizes = random_sizes();

[[nodiscard]] inline char* allocate(long i)
{
    char* block = new char[sizes[static_cast<std::size_t>(i) % size_count]];
    asm volatile("" : : "r"(block) : "memory"); // the optimizer may not leave the pair out
    *block = 1;
    return block;
}

void lifo(long pairs)
{
    std::array<char*, 64> blocks{};
    constexpr auto batch = static_cast<long>(blocks.size());
    for (long done = 0; done < pairs; done += batch) {
        for (long i = 0; i < batch; ++i) blocks[static_cast<std::size_t>(i)] = allocate(done + i);
        for (long i = batch; i-- > 0;) delete[] blocks[static_cast<std::size_t>(i)];
    }
}

void replace(std::vector<char*>& blocks, long pairs)
{
    std::uint64_t random = 88172645463325252U;
    for (long i = 0; i < pairs; ++i) {
        random ^= random << 13U;
        random ^= random >> 7U;
        random ^= random << 17U;
        char*& block = blocks[(random >> 20U) % blocks.size()];
        delete[] block;
        block = allocate(i);
    }
}

using clock = std::chrono::steady_clock;
using gate = std::barrier<>;

void run(const task& work, gate& start_and_end)
{
    const long pairs = work.pairs / work.threads;
    if (work.pattern == "lifo") {
        start_and_end.arrive_and_wait();
        lifo(pairs);
        start_and_end.arrive_and_wait();
    } else {
        std::vector<char*> blocks(static_cast<std::size_t>(live_blocks / work.threads));
        for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = allocate(static_cast<long>(i));
        start_and_end.arrive_and_wait();
        replace(blocks, pairs);
        start_and_end.arrive_and_wait();
        for (char* block : blocks) delete[] block;
    }
}

// Callers, as a program has them: call stacks are as deep.
[[gnu::noinline]] void run_in_depth(int depth, const task& work, gate& start_and_end)
{
    if (depth == 0) {
        run(work, start_and_end);
    } else {
        run_in_depth(depth - 1, work, start_and_end);
    }
    asm volatile(""); // no tail call
}

} // namespace

double time_of(const task& work)
{
    if (work.pattern != "lifo" && work.pattern != "live") {
        throw std::invalid_argument{"pattern: lifo or live is expected, not " + std::string{work.pattern}};
    }
    constexpr int depth = 2; // seven frames in all
    gate start_and_end{work.threads + 1};
    std::vector<std::jthread> threads;
    for (int i = 0; i < work.threads; ++i) {
        threads.emplace_back([&] { run_in_depth(depth, work, start_and_end); });
    }
    start_and_end.arrive_and_wait();
    const clock::time_point start = clock::now();
    start_and_end.arrive_and_wait();
    const std::chrono::duration<double, std::nano> taken = clock::now() - start;
    return taken.count() / static_cast<double>(work.pairs);
}

} // namespace bench
