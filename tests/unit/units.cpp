#include <heaplings/units.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::page_count;
using heaplings::page_size;
using heaplings::round_up_to_page;

namespace {

std::string printed(bytes size)
{
    std::ostringstream out;
    out << size;
    return out.str();
}

} // namespace

TEST_SUITE_BEGIN("units");

TEST_CASE("a number does not turn into bytes unasked, nor bytes into a number")
{
    CHECK_FALSE(std::is_convertible_v<int, bytes>);
    CHECK_FALSE(std::is_convertible_v<bytes, std::int64_t>);
    CHECK_FALSE(std::is_constructible_v<bytes, double>);
    CHECK(bytes{}.count() == 0);
    CHECK(bytes{sizeof(int)}.count() == 4);
}

TEST_CASE("literals count in powers of 1024")
{
    CHECK((24_B).count() == 24);
    CHECK((1_KiB).count() == 1024);
    CHECK((64_MiB).count() == 64 * 1024 * 1024);
    CHECK((3_GiB).count() == 3'221'225'472);
}

TEST_CASE("a difference of sizes may be negative")
{
    const bytes change = 1_KiB - 1_MiB;
    CHECK(change.count() == 1024 - 1024 * 1024);
    CHECK(change < 0_B);
    CHECK(-change == 1_MiB - 1_KiB);
}

TEST_CASE("sizes add, multiply and divide, and a size by a size is a number")
{
    bytes size = 10_B;
    size += 6_B;
    size -= 1_B;
    CHECK(size == 15_B);
    CHECK(2 * size == size * 2U);
    CHECK(size * 2 == 30_B);
    CHECK(size / 4 == 3_B);
    CHECK(size / 4_B == 3);
    CHECK(size % 4_B == 3_B);
    static_assert(std::is_same_v<decltype(1_MiB / 1_KiB), std::int64_t>);
    static_assert(std::is_same_v<decltype(1_MiB / 4), bytes>);
}

TEST_CASE("sizes have an order")
{
    CHECK(1_MiB > 1023_KiB);
    CHECK(1_KiB == 1024_B);
    CHECK(1_KiB != 1000_B);
    CHECK(-1_B < 0_B);
}

TEST_CASE("a started page counts as a whole one")
{
    CHECK(page_count(0_B, 4_KiB) == 0);
    CHECK(page_count(1_B, 4_KiB) == 1);
    CHECK(page_count(4096_B, 4_KiB) == 1);
    CHECK(page_count(4097_B, 4_KiB) == 2);
    CHECK(page_count(bytes{std::numeric_limits<std::int64_t>::max()}, 4_KiB) == 1LL << 51);
    CHECK(round_up_to_page(0_B, 4_KiB) == 0_B);
    CHECK(round_up_to_page(4097_B, 4_KiB) == 8_KiB);
    CHECK(round_up_to_page(1_B) == page_size());
}

TEST_CASE("the page size is a power of two of at least 4 KiB")
{
    const std::int64_t size = page_size().count();
    CHECK(size >= 4096);
    CHECK((size & (size - 1)) == 0);
}

TEST_CASE("a size prints its exact count and a rounded one")
{
    CHECK(printed(0_B) == "0 B");
    CHECK(printed(1023_B) == "1,023 B");
    CHECK(printed(1024_B) == "1,024 B (1 KiB)");
    CHECK(printed(200'000_B) == "200,000 B (195.3 KiB)");
    CHECK(printed(64_MiB) == "67,108,864 B (64 MiB)");
    CHECK(printed(1_GiB + 1_B) == "1,073,741,825 B (1.0 GiB)");
    CHECK(printed(1000 * 1_MiB) == "1,048,576,000 B (1000 MiB)");
    CHECK(printed(1_MiB - 1_B) == "1,048,575 B (1024.0 KiB)");
    CHECK(printed(1'000'007_B) == "1,000,007 B (976.6 KiB)");
}

TEST_CASE("a negative size prints its sign")
{
    CHECK(printed(-1_B) == "-1 B");
    CHECK(printed(-4_KiB) == "-4,096 B (-4 KiB)");
}

TEST_CASE("the greatest and the least size print in full")
{
    CHECK(printed(bytes{std::numeric_limits<std::int64_t>::max()}) ==
          "9,223,372,036,854,775,807 B (8192.0 PiB)");
    CHECK(printed(bytes{std::numeric_limits<std::int64_t>::min()}) ==
          "-9,223,372,036,854,775,808 B (-8192 PiB)");
}

TEST_SUITE_END();
