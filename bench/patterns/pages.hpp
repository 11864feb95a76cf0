// Memory as the kernel hands it out: mappings, advice about them, pages touched, page faults.
#pragma once

#include "blocks.hpp"
#include "measured.hpp"

#include <heaplings/units.hpp>

#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace bench {

[[nodiscard]] inline std::size_t page_bytes()
{
    static const auto size = static_cast<std::size_t>(heaplings::page_size().count());
    return size;
}

[[nodiscard]] inline std::size_t mebibytes(std::int64_t count)
{
    return static_cast<std::size_t>(count) << 20;
}

// Reads one byte after the other, so far apart. An own read for each: no vector of 32.
inline void read_bytes(const char* block, std::size_t size, std::size_t apart)
{
    const volatile char* bytes = block;
    for (std::size_t i = 0; i < size; i += apart) static_cast<void>(bytes[i]);
}

// Anonymous private memory, which the kernel fills when it is touched.
class mapping
{
public:
    // Begins at a multiple of a huge page, so that it can consist of such: what is mapped beyond
    // what was asked for is never touched.
    explicit mapping(std::size_t size) : size_{size}, mapped_size_{size + huge_page}
    {
        mapped_ =
            mmap(nullptr, mapped_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped_ == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "mmap"};
        const auto address = reinterpret_cast<std::uintptr_t>(mapped_);
        begin_ = static_cast<char*>(mapped_) + (huge_page - address % huge_page) % huge_page;
    }
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;
    ~mapping() { munmap(mapped_, mapped_size_); }

    [[nodiscard]] char* begin() const noexcept { return begin_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // madvise(2): whether the kernel takes the advice.
    bool advise(int advice) const noexcept { return madvise(begin_, size_, advice) == 0; }

    void touch() const { touch_pages(begin_, size_); }

private:
    static constexpr std::size_t huge_page = std::size_t{2} << 20;

    std::size_t size_;
    std::size_t mapped_size_;
    void* mapped_ = nullptr;
    char* begin_ = nullptr;
};

// A mapping of small pages, whatever the system's setting.
struct small_pages : mapping
{
    explicit small_pages(std::size_t size) : mapping{size}
    {
        advise(MADV_NOHUGEPAGE); // a kernel that does not know it has small pages only
    }
};

// Page faults of this process so far that needed no disk (getrusage(2)).
[[nodiscard]] inline std::int64_t minor_faults()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

// Page faults from here on, as a figure for each iteration.
class fault_counter
{
public:
    void report(benchmark::State& state) const
    {
        const auto faults = static_cast<double>(minor_faults() - before_);
        add_counter(state, "faults", {faults, benchmark::Counter::kAvgIterations});
    }

private:
    std::int64_t before_ = minor_faults();
};

// The time that one of so many equal steps of an iteration takes.
inline void add_time_of_each(benchmark::State& state, const char* step, std::size_t in_iteration)
{
    add_counter(state, step,
                {static_cast<double>(in_iteration),
                 benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert});
}

} // namespace bench
