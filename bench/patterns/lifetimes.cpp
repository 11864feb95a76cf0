// In which order blocks are freed, by what sizes they have.
#include "blocks.hpp"
#include "patterns.hpp"

#include <heaplings/heap_probe/chunk.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace bench {

namespace {

using indices = std::vector<std::size_t>;

// Allocates a block of each size, then frees them in the order to which their indices are brought.
template <typename Arrange>
void run_batches(benchmark::State& state, const std::vector<std::size_t>& sizes, Arrange arrange)
{
    const indices order = heaplings::warm_up([&] {
        indices all(sizes.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        arrange(all);
        return all;
    });
    auto blocks = heaplings::warm_up([&] { return std::vector<void*>(sizes.size()); });
    for (auto _ : measured(state)) {
        for (std::size_t i = 0; i < sizes.size(); ++i) blocks[i] = allocate(sizes[i]);
        for (const std::size_t i : order) std::free(blocks[i]);
    }
}

void lifo(benchmark::State& state, const std::vector<std::size_t>& sizes)
{
    run_batches(state, sizes, [](indices& order) { std::ranges::reverse(order); });
}

void fifo(benchmark::State& state, const std::vector<std::size_t>& sizes)
{
    run_batches(state, sizes, [](indices&) {});
}

void random_order(benchmark::State& state, const std::vector<std::size_t>& sizes)
{
    run_batches(state, sizes, [](indices& order) {
        std::minstd_rand random;
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    });
}

// Blocks that each live until a number of others have come after them.
class generation
{
public:
    explicit generation(std::size_t count)
        : blocks_{heaplings::warm_up([&] { return std::vector<void*>(count); })}
    {
    }
    generation(const generation&) = delete;
    generation& operator=(const generation&) = delete;
    ~generation()
    {
        for (void* block : blocks_) std::free(block);
    }

    // Frees the oldest.
    void add(void* block)
    {
        std::free(std::exchange(blocks_[next_], block));
        next_ = next_ + 1 == blocks_.size() ? 0 : next_ + 1;
    }

private:
    std::vector<void*> blocks_;
    std::size_t next_ = 0;
};

constexpr std::size_t young_blocks = 8;
constexpr std::size_t one_survives_of = 16;

void generational(benchmark::State& state, const std::vector<std::size_t>& sizes)
{
    generation young{young_blocks};
    generation old{sizes.size() + 1}; // one more, so that a block follows one of another size
    for (const std::size_t size : sizes) old.add(allocate(size));
    std::size_t survivors = 0;
    for (auto _ : measured(state)) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (i % one_survives_of == 0)
                old.add(allocate(sizes[survivors++ % sizes.size()]));
            else
                young.add(allocate(sizes[i]));
        }
    }
}

struct lifetime_order
{
    std::string name;
    std::string shows;
    void (*run)(benchmark::State&, const std::vector<std::size_t>& sizes);
};

// Whether malloc maps a block of this size on its own; nothing if it is not glibc's.
std::optional<bool> is_mapped(std::size_t size)
{
    void* block = allocate(size);
    const auto chunk = heaplings::chunk_of(block);
    std::free(block);
    if (!chunk) return std::nullopt;
    return chunk->origin == heaplings::chunk_origin::mmapped;
}

// In one thread: in several, free memory of that size may be at hand, which is reused whatever the
// threshold.
void prove_threshold()
{
    give_back_end_of_heap();
    prove("16 MiB come from an arena", [] { return is_mapped(std::size_t{16} << 20) != true; });
    prove("48 MiB are mapped", [] { return is_mapped(std::size_t{48} << 20) != false; });
}

pattern make_pattern(const lifetime_order& order, const size_mix& mix)
{
    const bool is_large = mix.name == across_threshold.name;
    return {
        .name = "lifetime/" + order.name + "/" + std::string{mix.name},
        .shows = order.shows + " Blocks of " + std::string{mix.words} + ".",
        .allocations = [](const benchmark::State& state) { return state.range(0); },
        .run =
            [=](benchmark::State& state) {
                if (is_large && state.threads() == 1) prove_threshold();
                const auto count = static_cast<std::size_t>(state.range(0));
                order.run(state, heaplings::warm_up([&] { return draw_sizes(mix, count); }));
                count_items(state, state.range(0));
            },
        .configure =
            [=](auto* benchmark) {
                benchmark->ArgName("blocks")->ThreadRange(1, 2)->UseRealTime();
                if (is_large)
                    benchmark->Arg(16);
                else
                    benchmark->Arg(16)->Arg(1024);
            },
    };
}

} // namespace

std::vector<pattern> lifetimes()
{
    const lifetime_order orders[] = {
        {"lifo", "The newest block is freed first, as by a stack of function calls.", lifo},
        {"fifo", "The oldest block is freed first, as by a queue.", fifo},
        {"random", "Blocks are freed in any order, as by a cache.", random_order},
        {"generational",
         "Most blocks die young, one in sixteen lives long, as in a server that answers requests: "
         "few are free at a time, and soon needed again.",
         generational},
    };
    std::vector<pattern> all;
    for (const lifetime_order& order : orders) {
        for (const size_mix& mix : {one_size, mixed_small, mixed_large, across_threshold}) {
            all.push_back(make_pattern(order, mix));
        }
    }
    return all;
}

} // namespace bench
