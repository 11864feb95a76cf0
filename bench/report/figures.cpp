// The figures of the page: which benchmarks they are of, and what they are called there.
#include "figure.hpp"

namespace heaplings::bench {

namespace {

constexpr const char* timed = "bench.patterns.plain";

chart bars(std::string axis, std::string of_rows)
{
    chart c;
    c.axis = std::move(axis);
    c.steps = std::move(of_rows);
    return c;
}

figure_of lifetime()
{
    return {
        .id = "lifetime",
        .question = "Does the order in which blocks are freed matter?",
        .words = "1,024 blocks are allocated, then all are freed; the time is that of one malloc "
                 "with its "
                 "free. Generational is the exception: there each new block replaces an older one.",
        .program = timed,
        .group = "lifetime",
        .fixed = {{"threads", "1"}, {"blocks", "1024"}},
        .rows = {.place = 2},
        .columns = {.place = 1},
        .names = {{"one", "64 bytes each"},
                  {"mixed_small", "16 to 256 bytes"},
                  {"mixed_large", "16 to 256 bytes, one in ten 4 to 64 KiB"},
                  {"lifo", "newest first"},
                  {"fifo", "oldest first"},
                  {"random", "random order"},
                  {"generational", "generational"}},
        .form = bars("median time of malloc with its free", "sizes"),
    };
}

} // namespace

std::vector<figure> all_figures(const report& r)
{
    return {make_figure(lifetime(), r), allocator_times(r), allocator_memory(r)};
}

} // namespace heaplings::bench
