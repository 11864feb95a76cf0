#include <heaplings/leak_counter/detail/shadow.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>

namespace {

using heaplings::detail::block_record;
using heaplings::detail::block_state;
using heaplings::detail::shadow;

const void* at(std::uintptr_t address)
{
    return reinterpret_cast<const void*>(address); // NOLINT(performance-no-int-to-ptr)
}

block_record live(std::uint64_t size)
{
    block_record record;
    record.size = size & 0xffff'ffff'ffffU;
    record.state = 1;
    return record;
}

block_record freed(std::uint64_t size)
{
    block_record record = live(size);
    record.state = 2;
    return record;
}

std::uint64_t size_at(std::uintptr_t address)
{
    return shadow::at(at(address)).size;
}

constexpr std::uintptr_t nowhere = 0x6'0000'0000; // no block of this process
constexpr std::uintptr_t leaf = 64 << 20;

} // namespace

TEST_CASE("a block that was never put is not known")
{
    CHECK(shadow::at(at(nowhere)).is(block_state::unknown));
    CHECK(shadow::at(nullptr).is(block_state::unknown));
}

TEST_CASE("a record comes back as it was put, every field at its largest")
{
    block_record record;
    record.size = (std::uint64_t{1} << 48) - 1;
    record.state = 2;
    record.kind = 3;
    record.alignment_bit = 63;
    record.counted = 1;
    record.epoch = 0xffff'ffffU;
    record.stack = 0xf'ffffU;
    record.thread = 0xfffU;
    REQUIRE(shadow::put(at(nowhere), record));
    const block_record back = shadow::at(at(nowhere));
    CHECK(std::memcmp(&back, &record, sizeof back) == 0);
    CHECK(back.is(block_state::freed));
    CHECK(back.kind_of_allocation() == heaplings::allocation_kind::any);
    REQUIRE(shadow::put(at(nowhere), {}));
}

TEST_CASE("neighbours in a granule's distance, and on both sides of a leaf's end, keep apart")
{
    const std::uintptr_t blocks[] = {nowhere, nowhere + 16, nowhere + leaf - 16, nowhere + leaf};
    std::uint64_t size = 0;
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), live(++size)));
    size = 0;
    for (const std::uintptr_t block : blocks) CHECK(size_at(block) == ++size);
    CHECK(shadow::at(at(nowhere + 8)).is(block_state::unknown)); // between granules
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), {}));
}

TEST_CASE("all live blocks are met, and no freed ones")
{
    const std::uintptr_t blocks[] = {nowhere, nowhere + 4096, nowhere + 3 * leaf};
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), live(7)));
    REQUIRE(shadow::put(at(nowhere + 16), freed(7)));
    std::set<const void*> met;
    shadow::for_each_live([&](const shadow::found_block& block) {
        if (block.address >= at(nowhere) && block.address < at(nowhere + 4 * leaf)) {
            met.insert(block.address);
        }
    });
    CHECK(met == std::set<const void*>{at(blocks[0]), at(blocks[1]), at(blocks[2])});
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), {}));
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
    REQUIRE(shadow::put(at(empty), {}));
}

TEST_CASE("an address outside of the table has no record")
{
    const std::uintptr_t outside = std::uintptr_t{1} << 48;
    CHECK_FALSE(shadow::put(at(outside), live(1)));
    CHECK(shadow::at(at(outside)).is(block_state::unknown));
    CHECK(shadow::put(at(outside - 16), live(1)));
    CHECK(shadow::at(at(outside - 16)).is(block_state::live));
    CHECK(shadow::put(at(outside - 16), {}));
}
