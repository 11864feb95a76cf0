#include <heaplings/leak_counter/shadow.hpp>

#include <doctest/doctest.h>

#include <cstdint>

namespace {

using heaplings::detail::shadow;

const void* at(std::uintptr_t address)
{
    return reinterpret_cast<const void*>(address); // NOLINT(performance-no-int-to-ptr)
}

constexpr std::uintptr_t nowhere = 0x6'0000'0000; // no block of this process
constexpr std::uintptr_t leaf = 64 << 20;

} // namespace

TEST_CASE("a block that was never put is not known")
{
    CHECK_FALSE(shadow::take(at(nowhere)));
    CHECK_FALSE(shadow::take(nullptr));
}

TEST_CASE("a record is taken once")
{
    REQUIRE(shadow::put(at(nowhere), {3, 100}));
    const auto record = shadow::take(at(nowhere));
    REQUIRE(record);
    CHECK(record->epoch == 3);
    CHECK(record->size == 100);
    CHECK_FALSE(shadow::take(at(nowhere)));
}

TEST_CASE("neighbours in a granule's distance, and on both sides of a leaf's end, keep apart")
{
    const std::uintptr_t blocks[] = {nowhere, nowhere + 16, nowhere + leaf - 16, nowhere + leaf};
    std::uint64_t size = 0;
    for (const std::uintptr_t block : blocks) REQUIRE(shadow::put(at(block), {1, ++size}));
    size = 0;
    for (const std::uintptr_t block : blocks) {
        const auto record = shadow::take(at(block));
        REQUIRE(record);
        CHECK(record->size == ++size);
    }
}

TEST_CASE("a block of size 0 and one of the largest size have records")
{
    for (const std::uint64_t size : {std::uint64_t{0}, UINT64_MAX}) {
        REQUIRE(shadow::put(at(nowhere), {1, size}));
        const auto record = shadow::take(at(nowhere));
        REQUIRE(record);
        CHECK(record->size == size);
    }
}

TEST_CASE("an address outside of the table has no record")
{
    const std::uintptr_t outside = std::uintptr_t{1} << 48;
    CHECK_FALSE(shadow::put(at(outside), {1, 1}));
    CHECK_FALSE(shadow::take(at(outside)));
    CHECK(shadow::put(at(outside - 16), {1, 1}));
    CHECK(shadow::take(at(outside - 16)));
}
