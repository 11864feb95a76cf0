#include <heaplings/proc/pagemap.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

using heaplings::page_size;
using heaplings::pagemap_entry;
using heaplings::pagemap_file;

namespace {

constexpr pagemap_entry with_bit(int number)
{
    return pagemap_entry{std::uint64_t{1} << number};
}

} // namespace

TEST_SUITE_BEGIN("proc/pagemap");

TEST_CASE("each bit has its meaning")
{
    CHECK(with_bit(63).is_present());
    CHECK(with_bit(62).is_swapped());
    CHECK(with_bit(61).is_file_or_shared());
    CHECK(with_bit(56).is_exclusive());
    CHECK(with_bit(55).is_soft_dirty());
    CHECK(with_bit(55).is_empty());
    CHECK_FALSE(with_bit(63).is_empty());
    CHECK_FALSE(with_bit(62).is_empty());
    const pagemap_entry none;
    CHECK_FALSE(none.is_present());
    CHECK_FALSE(none.is_swapped());
    CHECK_FALSE(none.is_file_or_shared());
    CHECK_FALSE(none.is_exclusive());
    CHECK_FALSE(none.is_soft_dirty());
}

TEST_CASE("a page in RAM has a frame, unless the kernel hides it, and a swapped one has none")
{
    CHECK(pagemap_entry{0x80ff'ffff'ffff'ffff}.frame() == 0x7f'ffff'ffff'ffff);
    CHECK(pagemap_entry{0x8000'0000'0000'0007}.frame() == 7);
    CHECK_FALSE(with_bit(63).frame());
    CHECK_FALSE(pagemap_entry{0x4000'0000'0000'0007}.frame());
}

TEST_CASE("an address is looked up by its page, to the file's end")
{
    const synthetic_proc proc;
    const std::array<std::uint64_t, 4> bits{11, 12, 13, 14};
    std::string text{reinterpret_cast<const char*>(bits.data()), sizeof bits};
    proc.write("pagemap", text);
    pagemap_file pages{proc.process, proc.root()};
    const auto page = static_cast<std::uintptr_t>(page_size().count());
    CHECK(pages.at(0)->bits() == 11);
    CHECK(pages.at(page - 1)->bits() == 11);
    CHECK(pages.at(page)->bits() == 12);
    CHECK(pages.at(4 * page - 1)->bits() == 14);
    CHECK_FALSE(pages.at(4 * page));
    CHECK_FALSE(pages.at(UINTPTR_MAX));

    std::array<pagemap_entry, 3> entries;
    CHECK(pages.read(page, entries).size() == 3);
    CHECK(entries[2].bits() == 14);
    CHECK(pages.read(2 * page, entries).size() == 2);
    CHECK(pages.read(4 * page, entries).empty());
}

TEST_CASE("a page of this process is present once it is written to")
{
    constexpr std::size_t number = 16;
    const auto page = static_cast<std::size_t>(page_size().count());
    void* const block =
        mmap(nullptr, number * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(block != MAP_FAILED);
    static_cast<void>(madvise(block, number * page, MADV_NOHUGEPAGE)); // EINVAL: there are none
    auto* const bytes = static_cast<volatile char*>(block);
    bytes[3 * page] = 1;
    bytes[5 * page] = 1;

    pagemap_file pages;
    std::array<pagemap_entry, number> entries;
    const auto read = pages.read(reinterpret_cast<std::uintptr_t>(block), entries);
    munmap(block, number * page);
    REQUIRE(read.size() == number);
    for (std::size_t i = 0; i < number; ++i) {
        CAPTURE(i);
        CHECK(read[i].is_empty() == (i != 3 && i != 5));
        CHECK_FALSE(read[i].is_file_or_shared());
    }
}

TEST_CASE("a process that is gone or a zombie has no pages")
{
    int local = 0;
    exited_child child;
    pagemap_file zombie{child.id()};
    CHECK_FALSE(zombie.at(reinterpret_cast<std::uintptr_t>(&local)));
    child.wait();
    pagemap_file gone{child.id()};
    CHECK_FALSE(gone.at(reinterpret_cast<std::uintptr_t>(&local)));
    CHECK_FALSE(zombie.at(reinterpret_cast<std::uintptr_t>(&local)));
}

TEST_CASE("what hides the file is an error of the system")
{
    const synthetic_proc proc;
    CHECK_THROWS_AS(pagemap_file(proc.process, proc.root()), std::system_error);
    CHECK_THROWS_AS(pagemap_file(proc.process, "/no/such/mount"), std::system_error);
}

TEST_SUITE_END();
