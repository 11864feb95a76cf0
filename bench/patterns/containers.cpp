// What the standard library's types allocate, and what their layout costs those who read them.
#include "patterns.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace bench {

namespace {

void make_string(benchmark::State& state)
{
    const std::string original(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : measured(state)) {
        const std::string copy = original;
        escape(copy.data());
    }
}

struct object // the size of a cache line
{
    std::int64_t numbers[8] = {};
};

// Makes what owns an object, and destroys both.
template <typename Make>
void make_and_destroy(benchmark::State& state, Make make)
{
    for (auto _ : measured(state)) {
        const auto owner = make();
        escape(owner.get());
    }
}

void raw_pointer(benchmark::State& state)
{
    for (auto _ : measured(state)) {
        const auto* made = new object;
        escape(made);
        delete made;
    }
}

void unique_pointer(benchmark::State& state)
{
    make_and_destroy(state, [] { return std::make_unique<object>(); });
}

void shared_pointer_to_new(benchmark::State& state)
{
    make_and_destroy(state, [] { return std::shared_ptr<object>{new object}; });
}

void make_shared(benchmark::State& state)
{
    make_and_destroy(state, [] { return std::make_shared<object>(); });
}

void fill_list(benchmark::State& state)
{
    for (auto _ : measured(state)) {
        std::list<std::int64_t> numbers;
        for (std::int64_t i = 0; i < state.range(0); ++i) numbers.push_back(i);
        escape(&numbers.back());
    }
    count_items(state, state.range(0));
}

// Numbers in any order, the same in each run.
template <typename Container>
void add_numbers(Container& numbers, std::int64_t count)
{
    std::minstd_rand random;
    for (std::int64_t i = 0; i < count; ++i) {
        numbers.push_back(static_cast<std::int64_t>(random()));
    }
}

template <typename Container>
void add_up(benchmark::State& state, const Container& numbers)
{
    for (auto _ : measured(state)) {
        std::int64_t total = std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
        benchmark::DoNotOptimize(total);
        clobber();
    }
    count_items(state, state.range(0));
}

void walk_vector(benchmark::State& state)
{
    std::vector<std::int64_t> numbers;
    add_numbers(numbers, state.range(0));
    add_up(state, numbers);
}

void walk_list(benchmark::State& state)
{
    // Its nodes follow each other, whatever the heap looks like.
    std::pmr::monotonic_buffer_resource fresh;
    std::pmr::list<std::int64_t> numbers{&fresh};
    add_numbers(numbers, state.range(0));
    if (state.range(1) != 0) numbers.sort(); // relinks the nodes, which stay where they are
    add_up(state, numbers);
}

void add_elements(benchmark::internal::Benchmark* benchmark)
{
    benchmark->ArgName("elements")->Arg(1000)->Arg(1000000);
}

} // namespace

std::vector<pattern> containers()
{
    return {
        {.name = "container/string",
         .shows = "A short string lies in the string object itself, in libstdc++ up to 15 "
                  "characters; one more, and it needs a block.",
         .allocations =
             [](const benchmark::State& state) {
                 const std::size_t in_object = std::string{}.capacity();
                 return static_cast<std::size_t>(state.range(0)) > in_object ? 1 : 0;
             },
         .run = make_string,
         .configure = [](auto* benchmark) { benchmark->ArgName("chars")->Arg(15)->Arg(16); }},
        {.name = "container/list_fill",
         .shows = "A list is filled: each number has an allocation of its own, where a vector "
                  "(growth/vector) has a few large ones.",
         .allocations = [](const benchmark::State& state) { return state.range(0); },
         .run = fill_list,
         .configure = add_elements},
        {.name = "container/vector_walk",
         .shows = "The numbers of a vector are added up: they lie side by side, and the processor "
                  "reads ahead.",
         .allocations = exactly(0),
         .run = walk_vector,
         .configure = add_elements},
        {.name = "container/list_walk",
         .shows = "The numbers of a list are added up: the next node is known only when this one "
                  "has been read, which is slow if it lies anywhere (scattered:1), as in a list "
                  "long in use.",
         .allocations = exactly(0),
         .run = walk_list,
         .configure =
             [](auto* benchmark) {
                 benchmark->ArgNames({"elements", "scattered"})
                     ->ArgsProduct({{1000, 1000000}, {0, 1}});
             }},
        {.name = "pointer/new_delete",
         .shows = "An object made by new and deleted: what the smart pointers are to be held "
                  "against.",
         .allocations = exactly(1),
         .run = raw_pointer},
        {.name = "pointer/make_unique",
         .shows = "A unique_ptr costs what new and delete cost.",
         .allocations = exactly(1),
         .run = unique_pointer},
        {.name = "pointer/make_shared",
         .shows = "make_shared puts the object and the counter of its owners into one block.",
         .allocations = exactly(1),
         .run = make_shared},
        {.name = "pointer/shared_ptr_to_new",
         .shows = "A shared_ptr to an object that is there already needs a second block, for the "
                  "counter of its owners.",
         .allocations = exactly(2),
         .run = shared_pointer_to_new},
    };
}

} // namespace bench
