// Memory for the tests of the heap probe to look at.
#pragma once

#include <heaplings/units.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <malloc.h>
#include <memory>
#include <sys/mman.h>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::page_size;

struct free_block
{
    void operator()(void* block) const { std::free(block); }
};
using block = std::unique_ptr<char, free_block>;

// Optimisers remove a malloc whose block nobody seems to use.
inline block keep(void* pointer)
{
    asm volatile("" : : "r"(pointer) : "memory");
    return block{static_cast<char*>(pointer)};
}

inline block allocate(std::size_t size)
{
    return keep(std::malloc(size));
}

inline block allocate_aligned(std::size_t alignment, std::size_t size)
{
    return keep(memalign(alignment, size));
}

// A mapping of `pages` pages that nobody has touched.
class fresh_pages
{
public:
    explicit fresh_pages(int pages)
        : size_{pages * page_size()}, begin_{static_cast<char*>(
                                          mmap(nullptr, static_cast<std::size_t>(size_.count()),
                                               PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                               -1, 0))}
    {
        REQUIRE(begin_ != MAP_FAILED);
        madvise(begin_, static_cast<std::size_t>(size_.count()), MADV_NOHUGEPAGE);
    }
    ~fresh_pages() { munmap(begin_, static_cast<std::size_t>(size_.count())); }
    fresh_pages(const fresh_pages&) = delete;
    fresh_pages& operator=(const fresh_pages&) = delete;

    [[nodiscard]] char* begin() const { return begin_; }
    [[nodiscard]] bytes size() const { return size_; }
    void write(int page) const { first_byte(page) = 1; }
    void read(int page) const { [[maybe_unused]] const char seen = first_byte(page); }

private:
    [[nodiscard]] volatile char& first_byte(int page) const
    {
        return begin_[(page * page_size()).count()];
    }

    bytes size_;
    char* begin_;
};

inline const void* at(std::uintptr_t address)
{
    return reinterpret_cast<const void*>(address);
}
