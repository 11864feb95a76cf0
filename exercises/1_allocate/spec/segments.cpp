// The spec of exercise 4, segments.
#include "spec/segments.hpp"

#include "support/fresh_child.hpp"
#include "support/memory_layout.hpp"
#include "support/sightings.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <iterator>
#include <link.h>
#include <memory>
#include <random>
#include <stdexcept>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

// How doctest shows a region.
static doctest::String toString(region where)
{
    constexpr const char* names[] = {"text", "rodata", "data",  "bss",
                                     "heap", "mmap",   "stack", "unknown"};
    const auto index = static_cast<std::size_t>(where);
    return index < std::size(names) ? names[index] : "not a region";
}

namespace {

using sightings = support::sightings<region>;
using support::number;

const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
constexpr std::size_t MiB = 1024 * 1024;

// Static variables of each kind.
const int days_in_month[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
const char* const log_levels[] = {"error", "warning", "debug"}; // the loader fills in the addresses
int port = 8080;
char greeting[] = "220 mail ready";
int requests_served;
std::array<char, 256 * 1024> request_buffer;

void ask(sightings& seen, const char* what, const void* address, region expected)
{
    seen.add(what, address, expected, region_of(address));
}

const void* at(std::uintptr_t address)
{
    return reinterpret_cast<const void*>(address);
}

// Pages of address space, mapped for as long as this lives. The kernel takes the hint if the
// pages there are free.
class mapping
{
public:
    mapping(std::uintptr_t hint, std::size_t size, int protection) : size_{size}
    {
        void* const wanted = reinterpret_cast<void*>(hint / page * page);
        begin_ = ::mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (begin_ == MAP_FAILED) throw std::runtime_error{"mmap failed"};
    }
    ~mapping() { ::munmap(begin_, size_); }
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;

    [[nodiscard]] char* begin() const { return static_cast<char*>(begin_); }
    void unmap(std::size_t offset, std::size_t size) const { ::munmap(begin() + offset, size); }

private:
    void* begin_;
    std::size_t size_;
};

// An address far below everything, where neither the kernel nor malloc places anything of its own.
constexpr std::uintptr_t island = 0x1000'0000;

struct by_free
{
    void operator()(char* block) const { std::free(block); }
};
using block = std::unique_ptr<char, by_free>;

block allocate(std::size_t size)
{
    return block{static_cast<char*>(std::malloc(size))};
}

// Where the program's file ends in its writable memory: zeroes follow. The program's own headers
// say so (elf(5): PT_LOAD, p_filesz).
const char* end_of_file_contents()
{
    const char* end = nullptr;
    ::dl_iterate_phdr(
        [](dl_phdr_info* program, std::size_t, void* out) {
            for (int i = 0; i < program->dlpi_phnum; ++i) {
                const auto& header = program->dlpi_phdr[i];
                if (header.p_type != PT_LOAD || (header.p_flags & PF_W) == 0) continue;
                *static_cast<const char**>(out) = reinterpret_cast<const char*>(
                    program->dlpi_addr + header.p_vaddr + header.p_filesz);
            }
            return 1; // the first object is the program itself: look no further
        },
        &end);
    return end;
}

// What follows looks at one kind of memory each.

void code(sightings& seen)
{
    ask(seen, "region_of itself", reinterpret_cast<const void*>(&region_of), region::text);
    ask(seen, "a function of the spec", reinterpret_cast<const void*>(&end_of_file_contents),
        region::text);
}

void constants(sightings& seen)
{
    ask(seen, "a string literal", "out of memory", region::rodata);
    ask(seen, "a table of constants", days_in_month, region::rodata);
    ask(seen, "a table of pointers that the loader has filled in and locked", log_levels,
        region::rodata);
}

void variables(sightings& seen)
{
    static int calls = 1;
    static int failures;
    ask(seen, "int port = 8080", &port, region::data);
    ask(seen, "the last byte of a char array that starts with a text", std::end(greeting) - 1,
        region::data);
    ask(seen, "a static int of a function, which starts at 1", &calls, region::data);
    ask(seen, "int requests_served, which starts at 0", &requests_served, region::bss);
    ask(seen, "a static int of a function, which starts at 0", &failures, region::bss);
    ask(seen, "the first byte of 256 KiB of zeroes", &request_buffer.front(), region::bss);
    ask(seen, "the last byte of 256 KiB of zeroes", &request_buffer.back(), region::bss);
}

void border(sightings& seen)
{
    const char* const zeroes = end_of_file_contents();
    ask(seen, "the last byte that the program's file gave", zeroes - 1, region::data);
    ask(seen, "the first byte of the zeroes behind it", zeroes, region::bss);
}

void heap(sightings& seen)
{
    const block first = allocate(24);
    ask(seen, "a block of 24 bytes", first.get(), region::heap);

    // These must move the program break, and each is too small for a mapping of its own.
    constexpr std::size_t size = MiB / 16;
    std::vector<block> blocks(128);
    const void* const above = at(number(::sbrk(0)) + 2 * MiB);
    ask(seen, "an address 2 MiB above the program break", above, region::unknown);
    for (block& next : blocks) next = allocate(size);
    ask(seen, "the same address after the program break has moved by more", above, region::heap);
    ask(seen, "the last byte of the newest block", blocks.back().get() + size - 1, region::heap);
}

void mappings(sightings& seen)
{
    // Above 32 MiB malloc always calls mmap, whatever was freed before (man 3 mallopt).
    const block large = allocate(40 * MiB);
    ask(seen, "a block of 40 MiB", large.get(), region::mmap);

    const mapping writable{0, page, PROT_READ | PROT_WRITE};
    ask(seen, "a page that may be written", writable.begin(), region::mmap);
    const mapping readable{0, page, PROT_READ};
    ask(seen, "a page that may only be read", readable.begin(), region::mmap);
    const mapping reserved{0, page, PROT_NONE};
    ask(seen, "a page that may not even be read", reserved.begin(), region::mmap);

    const int local = 0;
    const mapping low{island, page, PROT_READ | PROT_WRITE};
    ask(seen, "a page at a low address", low.begin(), region::mmap);
    const mapping above_heap{number(::sbrk(0)) + 8 * MiB, page, PROT_READ | PROT_WRITE};
    ask(seen, "a page 8 MiB above the program break", above_heap.begin(), region::mmap);
    const mapping below_stack{number(&local) - 64 * MiB, page, PROT_READ | PROT_WRITE};
    ask(seen, "a page 64 MiB below the stack", below_stack.begin(), region::mmap);
}

void libraries(sightings& seen)
{
    ask(seen, "a function of the C library", ::dlsym(RTLD_DEFAULT, "strfry"), region::mmap);
    ask(seen, "a variable of the C library, to which stdout points", stdout, region::mmap);
}

void deep_stack(sightings& seen)
{
    std::array<volatile char, MiB> deep;
    for (std::size_t i = 0; i < deep.size(); i += page) deep[deep.size() - 1 - i] = 1;
    ask(seen, "the far end of a local array of 1 MiB", const_cast<char*>(&deep.front()),
        region::stack);
}

void stacks(sightings& seen)
{
    const int local = 0;
    ask(seen, "a local variable", &local, region::stack);
    ask(seen, "the name by which the program was called", program_invocation_name, region::stack);
    deep_stack(seen);
    std::thread{[&] {
        const int of_thread = 0;
        ask(seen, "a thread asks about a local variable of its own", &of_thread, region::mmap);
        ask(seen, "a thread asks about a local variable of the main thread", &local, region::stack);
    }}.join();
}

void nothing(sightings& seen)
{
    ask(seen, "null", nullptr, region::unknown);
    ask(seen, "null plus 16: a member of an object that is not there", at(16), region::unknown);

    const mapping pages{island, 3 * page, PROT_READ | PROT_WRITE};
    pages.unmap(0, page);
    pages.unmap(2 * page, page);
    ask(seen, "the last byte before a page", pages.begin() + page - 1, region::unknown);
    ask(seen, "the first byte of this page", pages.begin() + page, region::mmap);
    ask(seen, "the last byte of this page", pages.begin() + 2 * page - 1, region::mmap);
    ask(seen, "the first byte after this page", pages.begin() + 2 * page, region::unknown);
    pages.unmap(page, page);
    ask(seen, "the first byte of this page after munmap", pages.begin() + page, region::unknown);
}

// In an order of its own in each process, for an answer must not depend on what was asked before.
sightings everything()
{
    std::array looks{code,     constants, variables, border, heap,
                     mappings, libraries, stacks,    nothing};
    std::ranges::shuffle(looks, std::minstd_rand{static_cast<unsigned>(::getpid())});
    sightings seen;
    for (const auto look_at : looks) look_at(seen);
    return seen;
}

void check(void (*look_at)(sightings&))
{
    sightings seen;
    look_at(seen);
    for (const auto& one : seen.all()) {
        INFO(support::question(one));
        INFO(support::evidence(one));
        CHECK(one.answered == one.expected);
    }
}

void check_in_fresh_process(support::layout layout)
{
    const support::memory_layout until_return{layout};
    const auto report = support::in_fresh_process<sightings>();
    INFO("in a fresh process, memory layout: ", support::to_string(layout));
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result);
    for (const auto& one : report.result->all()) {
        INFO(support::question(one));
        INFO(support::evidence(one));
        REQUIRE(one.answered == one.expected); // the cases above show more than the first
    }
}

std::ptrdiff_t open_files()
{
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    return support::deliver(arguments, everything());
}

TEST_CASE("machine code of the program is text")
{
    check(code);
}

TEST_CASE("what the program may only read is rodata")
{
    check(constants);
}

TEST_CASE("static variables are data if they start with a value, bss if they start at zero")
{
    check(variables);
}

TEST_CASE("data ends and bss begins at the very byte where the program's file ends")
{
    check(border);
}

TEST_CASE("small blocks are on the heap, also after the heap has grown")
{
    check(heap);
}

TEST_CASE("large blocks and other new mappings are mmap, wherever they lie")
{
    check(mappings);
}

TEST_CASE("code and variables of a shared library are mmap")
{
    check(libraries);
}

TEST_CASE("local variables are on the stack, those of another thread in an mmap")
{
    check(stacks);
}

TEST_CASE("where nothing is mapped the region is unknown")
{
    check(nothing);
}

TEST_CASE("in three fresh processes all lies elsewhere, and the answers are right")
{
    for (int run = 0; run < 3; ++run) check_in_fresh_process(support::layout::randomised);
}

TEST_CASE("with other memory layouts the answers are right too")
{
    check_in_fresh_process(support::layout::fixed);
    check_in_fresh_process(support::layout::legacy);
}

TEST_CASE("asking often leaves no file open")
{
    region_of(&port);
    const std::ptrdiff_t before = open_files();
    for (int i = 0; i < 20; ++i) region_of(&port);
    CHECK(open_files() == before);
}
