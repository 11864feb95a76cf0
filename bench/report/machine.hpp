// The facts of a machine that matter to its figures, read here and now.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heaplings::bench {

struct fact
{
    std::string name;
    std::string value;
};

// Processor, caches, memory, kernel, C library, compiler and its flags, huge pages, frequency
// governor, hypervisor, and what in the environment changes malloc. What can't be read is said to
// be unknown. `root` is where proc/ and sys/ are; tests pass a directory of their own.
[[nodiscard]] std::vector<fact> machine_facts(const std::filesystem::path& root = "/");

// What all processors did since the start, from the first line of /proc/stat (proc_stat(5)).
struct processor_time
{
    std::chrono::milliseconds busy{};   // in programs and the kernel
    std::chrono::milliseconds idle{};   // idle, and waiting for a device
    std::chrono::milliseconds stolen{}; // taken by the hypervisor for other machines
};

// Nothing if there is no such file, or not of that form.
[[nodiscard]] std::optional<processor_time>
read_processor_time(const std::filesystem::path& root = "/");

// How much of the processors' time between two readings was not the benchmarks': in percent.
struct noise
{
    double others = 0; // other programs
    double stolen = 0; // the hypervisor

    [[nodiscard]] bool disturbing() const { return others + stolen > 5; }
};
[[nodiscard]] noise noise_between(const processor_time& before, const processor_time& after,
                                  std::chrono::milliseconds own);

} // namespace heaplings::bench
