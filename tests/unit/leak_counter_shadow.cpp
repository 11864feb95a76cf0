#include <heaplings/leak_counter/detail/shadow.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>

namespace {

using heaplings::allocation_kind;
using heaplings::detail::block_record;
using heaplings::detail::block_state;
using heaplings::detail::shadow;

const void* at(std::uintptr_t address)
{
    return reinterpret_cast<const void*>(address); // NOLINT(performance-no-int-to-ptr)
}

block_record live(std::uint64_t size)
{
    return {size | block_record::live_bits(allocation_kind::new_single, 0), 0};
}

block_record freed(std::uint64_t size)
{
    return live(size).freed_by(0);
}

// No block.
bool clear(std::uintptr_t address)
{
    return shadow::put(at(address), block_record{});
}

std::uint64_t size_at(std::uintptr_t address)
{
    return shadow::at(at(address)).size();
}

constexpr std::uintptr_t nowhere = 0x6'0000'0000; // no block of this process
constexpr std::uintptr_t leaf = 64 << 20;

// How far the smallest blocks of this allocator are apart.
std::uintptr_t smallest_distance()
{
    shadow::choose_granule();
    return shadow::smallest_distance();
}

} // namespace

TEST_CASE("a block that was never put is not known")
{
    REQUIRE(smallest_distance() != 0);
    CHECK(shadow::at(at(nowhere)).is(block_state::unknown));
    CHECK(shadow::at(nullptr).is(block_state::unknown));
}

TEST_CASE("a record comes back as it was put, every field at its largest")
{
    constexpr std::uint64_t largest_size = (std::uint64_t{1} << 47U) - 1;
    const block_record record{largest_size | block_record::live_bits(allocation_kind::any, 63) |
                                  block_record::counted_bit,
                              0xffff'ffffU | std::uint64_t{0x3'ffff} << block_record::stack_shift |
                                  std::uint64_t{0xfff} << block_record::thread_shift};
    REQUIRE(smallest_distance() != 0);
    REQUIRE(shadow::put(at(nowhere), record));
    const block_record live = shadow::at(at(nowhere));
    REQUIRE(shadow::put(at(nowhere), live.freed_by(0x3'ffff)));
    const block_record freed = shadow::at(at(nowhere));
    REQUIRE(clear(nowhere));

    for (const block_record& back : {live, freed}) {
        CHECK(back.is_whole());
        CHECK(back.size() == largest_size);
        CHECK(back.kind() == allocation_kind::any);
        CHECK(back.alignment_bit() == 63);
        CHECK(back.is_counted());
        CHECK(back.epoch() == 0xffff'ffffU);
        CHECK(back.stack() == 0x3'ffffU);
    }
    CHECK(live.is(block_state::live));
    CHECK(live.thread() == 0xfffU);
    CHECK(freed.is(block_state::freed));
    CHECK(freed.freed_at() == 0x3'ffffU);
}

TEST_CASE("a freed block's record keeps every number of a call stack")
{
    for (std::uint32_t number = 1; number < 0x3'ffffU; number = number * 2 + 1) {
        CHECK(live(7).freed_by(number).freed_at() == number);
    }
}

TEST_CASE("blocks at the smallest distance, and on both sides of a leaf's end, keep apart")
{
    const std::uintptr_t apart = smallest_distance();
    const std::uintptr_t blocks[] = {nowhere, nowhere + apart, nowhere + leaf - apart,
                                     nowhere + leaf};
    std::uint64_t size = 0;
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), live(++size)));
    size = 0;
    for (const std::uintptr_t block : blocks) CHECK(size_at(block) == ++size);
    CHECK(shadow::at(at(nowhere + 1)).is(block_state::unknown)); // no block can be there
    for (const std::uintptr_t block : blocks) REQUIRE(clear(block));
}

TEST_CASE("all live blocks are met, and no freed ones")
{
    const std::uintptr_t blocks[] = {nowhere, nowhere + 4096, nowhere + 3 * leaf};
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), live(7)));
    REQUIRE(shadow::put(at(nowhere + smallest_distance()), freed(7)));
    std::set<const void*> met;
    shadow::for_each_live([&](const shadow::found_block& block) {
        if (block.address >= at(nowhere) && block.address < at(nowhere + 4 * leaf)) {
            met.insert(block.address);
        }
    });
    CHECK(met == std::set<const void*>{at(blocks[0]), at(blocks[1]), at(blocks[2])});
    for (const std::uintptr_t block : blocks) REQUIRE(clear(block));
}

TEST_CASE("the live block before an address is found, across pages and leaves without one")
{
    constexpr std::uintptr_t empty = nowhere + 20 * leaf;
    CHECK(shadow::live_block_before(at(empty)).address == nullptr);
    CHECK(shadow::live_block_before(nullptr).address == nullptr);
    CHECK(shadow::live_block_before(at(UINTPTR_MAX)).address == nullptr);
    REQUIRE(shadow::put(at(empty), live(100)));
    REQUIRE(shadow::put(at(empty + 32), freed(100)));
    for (const std::uintptr_t distance : {std::uintptr_t{0}, std::uintptr_t{1}, std::uintptr_t{99},
                                          std::uintptr_t{5000}, leaf, 2 * leaf + 40}) {
        CAPTURE(distance);
        const auto found = shadow::live_block_before(at(empty + distance));
        CHECK(found.address == at(empty));
        CHECK(size_at(empty) == 100);
    }
    CHECK(shadow::live_block_before(at(empty + 17 * leaf)).address == nullptr); // over 1 GiB away
    REQUIRE(clear(empty));
}

TEST_CASE("an address outside of the table has no record")
{
    const std::uintptr_t outside = std::uintptr_t{1} << 48;
    CHECK_FALSE(shadow::put(at(outside), live(1)));
    CHECK(shadow::at(at(outside)).is(block_state::unknown));
    CHECK(shadow::put(at(outside - 16), live(1)));
    CHECK(shadow::at(at(outside - 16)).is(block_state::live));
    CHECK(clear(outside - 16));
}
