#include <heaplings/heap_probe.hpp>

#include <doctest/doctest.h>

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace heaplings::literals;
using heaplings::address_of;
using heaplings::bytes;
using heaplings::chunk_of;
using heaplings::chunk_origin;
using heaplings::count_pages;
using heaplings::growth;
using heaplings::growth_of;
using heaplings::page_counts;
using heaplings::page_size;
using heaplings::region;
using heaplings::region_of;

namespace {

int initialised = 42;
int zeroed;
const int constant = 7;
const char* const relocated[] = {"one", "two"};
std::array<char, 100'000> large_zeroed;
int function()
{
    return initialised + constant;
}

struct free_block
{
    void operator()(void* block) const { std::free(block); }
};
using block = std::unique_ptr<char, free_block>;

// Optimisers remove a malloc whose block nobody seems to use.
block keep(void* pointer)
{
    asm volatile("" : : "r"(pointer) : "memory");
    return block{static_cast<char*>(pointer)};
}

block allocate(std::size_t size)
{
    return keep(std::malloc(size));
}

block allocate_aligned(std::size_t alignment, std::size_t size)
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

bool layout_is_known()
{
    return heaplings::detail::malloc_layout_is_known();
}

// Whether this block's chunk is described as malloc itself describes it; where the layout is not
// known, whether nothing is said.
bool described_rightly(const block& b)
{
    const auto c = chunk_of(b.get());
    if (!layout_is_known()) return !c;
    return c && c->usable == bytes{malloc_usable_size(b.get())} &&
           c->begin == address_of(b.get()) - 16;
}

const void* at(std::uintptr_t address)
{
    return reinterpret_cast<const void*>(address);
}

} // namespace

TEST_SUITE_BEGIN("heap_probe");

TEST_CASE("static data lies in data, bss and rodata, code in text")
{
    static int also_zeroed = 0;
    CHECK(region_of(&initialised) == region::data);
    CHECK(region_of(&zeroed) == region::bss);
    CHECK(region_of(&also_zeroed) == region::bss);
    CHECK(region_of(&large_zeroed.front()) == region::bss);
    CHECK(region_of(&large_zeroed.back()) == region::bss);
    CHECK(region_of(&constant) == region::rodata);
    CHECK(region_of("a literal") == region::rodata);
    CHECK(region_of(relocated) == region::rodata);
    CHECK(region_of(reinterpret_cast<const void*>(&function)) == region::text);
}

TEST_CASE("the code and the static data of the C library count as such")
{
    CHECK(region_of(reinterpret_cast<const void*>(&std::qsort)) == region::text);
    CHECK(region_of(stdout) == region::data);
}

TEST_CASE("local variables lie on the stack, of the main thread and of another")
{
    int local = 0;
    CHECK(region_of(&local) == region::stack);
    region own{};
    region of_main{};
    region mapped{};
    const fresh_pages pages{16};
    std::thread{[&] {
        int inner = 0;
        own = region_of(&inner);
        of_main = region_of(&local);
        mapped = region_of(pages.begin());
    }}.join();
    CHECK(own == region::stack);
    CHECK(of_main == region::stack);
    CHECK(mapped == region::mmap);
}

TEST_CASE("the stack of another thread is a mapping like others")
{
    std::latch ready{1};
    std::latch done{1};
    const void* local = nullptr;
    std::thread other{[&] {
        int inner = 0;
        local = &inner;
        ready.count_down();
        done.wait();
    }};
    ready.wait();
    const region seen = region_of(local);
    done.count_down();
    other.join();
    CHECK(seen == region::mmap);
}

TEST_CASE("what the kernel merged with a thread's stack is not taken for the stack")
{
    // The lower half of a mapping as the stack: above it, as with merged neighbours, other memory.
    const fresh_pages pages{1024};
    struct
    {
        const void* above;
        region local{};
        region other{};
    } seen{pages.begin() + pages.size().count() / 2};
    const auto look = [](void* data) -> void* {
        auto& s = *static_cast<decltype(seen)*>(data);
        int local = 0;
        s.local = region_of(&local);
        s.other = region_of(s.above);
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    const auto half = static_cast<std::size_t>((pages.size() / 2).count());
    REQUIRE(pthread_attr_setstack(&attributes, pages.begin(), half) == 0);
    pthread_t thread{};
    REQUIRE(pthread_create(&thread, &attributes, look, &seen) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    CHECK(seen.local == region::stack);
    CHECK(seen.other == region::mmap);
}

TEST_CASE("small blocks lie in the heap, large ones in mmap")
{
    const block small = allocate(24);
    const block large = allocate(64U << 20);
    if (!heaplings::detail::malloc_is_replaced()) CHECK(region_of(small.get()) == region::heap);
    CHECK(region_of(large.get()) == region::mmap);
}

TEST_CASE("an address that is not mapped is unknown")
{
    const void* unmapped = nullptr;
    {
        const fresh_pages pages{64};
        unmapped = pages.begin();
        CHECK(region_of(unmapped) == region::mmap);
    }
    CHECK(region_of(unmapped) == region::unknown);
    CHECK(region_of(nullptr) == region::unknown);
    CHECK(region_of(at(8)) == region::unknown);
    CHECK(region_of(at(~std::uintptr_t{0})) == region::unknown);
}

TEST_CASE("regions print by name")
{
    std::ostringstream out;
    out << region::text << ' ' << region::mmap << ' ' << region::unknown << ' ' << growth::mixed
        << ' ' << chunk_origin::thread_arena;
    CHECK(out.str() == "text mmap unknown mixed thread arena");
}

TEST_CASE("the heap segment ends at the program break and moves with it")
{
    const auto before = heaplings::heap_segment();
    if (!before) return; // under Valgrind, or where nobody has called brk
    CHECK(before->end >= heaplings::program_break());
    CHECK(bytes{before->end - heaplings::program_break()} < page_size());
    CHECK(region_of(at(before->begin)) == region::heap);
    CHECK(before->contains(before->begin));
    CHECK_FALSE(before->contains(before->end));
}

TEST_CASE("growth is the direction of all steps")
{
    const auto of = [](std::initializer_list<std::uintptr_t> addresses) {
        return growth_of({addresses.begin(), addresses.size()});
    };
    CHECK(of({}) == growth::unknown);
    CHECK(of({100}) == growth::unknown);
    CHECK(of({100, 100}) == growth::unknown);
    CHECK(of({100, 132, 164}) == growth::up);
    CHECK(of({164, 132, 100}) == growth::down);
    CHECK(of({100, 132, 116}) == growth::mixed);
    CHECK(of({164, 100, 132}) == growth::mixed);
    CHECK(of({100, 132, 132, 164}) == growth::up);
    // Steps of 4 GiB, of which the low 32 bits are the same, and across the sign bit.
    CHECK(of({0x1'0000'0000, 0x2'0000'0000}) == growth::up);
    CHECK(of({0x7fff'ffff'ffff'ffff, 0x8000'0000'0000'0000}) == growth::up);
}

TEST_CASE("the chunk of a block of any size is described as malloc does")
{
    std::vector<block> blocks;
    for (std::size_t size = 0; size <= 4200; size += size < 1100 ? 1 : 97) {
        blocks.push_back(allocate(size));
    }
    for (const std::size_t size : {100'000U, 131'000U, 200'000U, 1'000'000U, 100'000'000U}) {
        blocks.push_back(allocate(size));
    }
    for (const block& b : blocks) {
        CAPTURE(malloc_usable_size(b.get()));
        CHECK(described_rightly(b));
    }
}

TEST_CASE("the chunk of an aligned block is described as malloc does, mmapped ones with their lead")
{
    for (std::size_t alignment = 16; alignment <= 65'536; alignment *= 2) {
        for (const std::size_t size : {1U, 100U, 5000U, 64U << 20}) {
            CAPTURE(alignment);
            CAPTURE(size);
            const block b = allocate_aligned(alignment, size);
            CHECK(described_rightly(b));
            const auto c = chunk_of(b.get());
            if (!c || c->origin != chunk_origin::mmapped) continue;
            const bytes mapped = c->lead + c->size;
            CHECK(mapped % page_size() == 0_B);
            CHECK((c->begin - static_cast<std::uintptr_t>(c->lead.count())) % 4096 == 0);
            CHECK(mapped >= bytes{size});
        }
    }
}

TEST_CASE("a block grown by realloc is described as malloc does")
{
    block b = allocate(100);
    for (const std::size_t size : {1000U, 100'000U, 64U << 20, 65U << 20, 10U}) {
        b.reset(static_cast<char*>(std::realloc(b.release(), size)));
        CAPTURE(size);
        CHECK(described_rightly(b));
    }
}

TEST_CASE("a chunk has a header and is a multiple of 16 bytes, at least 32")
{
    for (const std::size_t size : {0U, 24U, 25U, 1000U}) {
        const block b = allocate(size);
        const auto c = chunk_of(b.get());
        if (!c) return;
        CAPTURE(size);
        CHECK(c->size == bytes{std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16)});
        CHECK(c->usable == c->size - 8_B);
        CHECK(c->lead == 0_B);
    }
}

TEST_CASE("a chunk comes from the main arena, from a thread's arena or from a mapping of its own")
{
    if (!layout_is_known()) {
        CHECK_FALSE(chunk_of(allocate(24).get()));
        return;
    }
    const block small = allocate(24);
    const block large = allocate(64U << 20);
    REQUIRE(chunk_of(small.get()));
    REQUIRE(chunk_of(large.get()));
    CHECK(chunk_of(small.get())->origin == chunk_origin::main_arena);
    CHECK(chunk_of(small.get())->arena == 0);
    CHECK(chunk_of(large.get())->origin == chunk_origin::mmapped);
    CHECK(chunk_of(large.get())->usable == chunk_of(large.get())->size - 16_B);

    // Two threads at once: the second gets an arena of its own.
    std::array<block, 2> of_threads;
    std::latch both{2};
    const auto work = [&](std::size_t i) {
        of_threads[i] = allocate(24);
        both.arrive_and_wait();
    };
    std::thread first{work, 0};
    std::thread second{work, 1};
    first.join();
    second.join();
    for (const block& b : of_threads) {
        CHECK(described_rightly(b));
        CHECK(region_of(b.get()) == region::mmap);
        REQUIRE(chunk_of(b.get()));
        CHECK(chunk_of(b.get())->origin == chunk_origin::thread_arena);
    }
    CHECK(chunk_of(of_threads[0].get())->arena != chunk_of(of_threads[1].get())->arena);
}

TEST_CASE("a thread's arena of several heaps is one arena")
{
    std::vector<block> blocks(900);
    std::thread{[&] {
        for (block& b : blocks) b = allocate(100'000);
        blocks.push_back(allocate_aligned(4096, 100));
    }}.join();
    int wrong = 0;
    for (const block& b : blocks) wrong += described_rightly(b) ? 0 : 1;
    CHECK(wrong == 0);
    if (!layout_is_known()) return;
    const auto first = chunk_of(blocks.front().get());
    const auto last = chunk_of(blocks.back().get());
    REQUIRE(first);
    REQUIRE(last);
    CHECK(first->arena == last->arena);
    // From the first chunk of the first heap, and of the last, a chain leads to the end.
    for (const std::uintptr_t in_heap : {first->arena, last->begin}) {
        const auto heap = heaplings::detail::find_arena_heap(in_heap);
        REQUIRE(heap);
        CHECK(heap->arena == first->arena);
        CHECK(heaplings::detail::run_leaves_out(heap->run, heap->run.first + 16));
        CHECK_FALSE(heaplings::detail::run_leaves_out(heap->run, heap->run.first));
    }
    constexpr std::uintptr_t heap_size = 64U << 20;
    CHECK(address_of(blocks.front().get()) / heap_size !=
          address_of(blocks.back().get()) / heap_size);
}

TEST_CASE("what malloc did not return has no chunk")
{
    int local = 0;
    const fresh_pages pages{4};
    const fresh_pages forbidden{4};
    mprotect(forbidden.begin(), 4096, PROT_NONE);
    alignas(16) char on_stack[64] = {};
    alignas(16) static char in_bss[64];
    CHECK_FALSE(chunk_of(nullptr));
    CHECK_FALSE(chunk_of(&local));
    CHECK_FALSE(chunk_of(on_stack + 32));
    CHECK_FALSE(chunk_of(in_bss + 32));
    CHECK_FALSE(chunk_of(&initialised));
    CHECK_FALSE(chunk_of("a literal"));
    CHECK_FALSE(chunk_of(pages.begin()));
    CHECK_FALSE(chunk_of(pages.begin() + 16));
    CHECK_FALSE(chunk_of(forbidden.begin()));
    CHECK_FALSE(chunk_of(forbidden.begin() + 16));
    CHECK_FALSE(chunk_of(at(heaplings::program_break())));
    CHECK_FALSE(chunk_of(at(16)));
    CHECK_FALSE(chunk_of(at(0x1234'5678'9ab0)));
    CHECK_FALSE(chunk_of(at(~std::uintptr_t{15})));
}

TEST_CASE("a file that ends within its mapping is not read behind its end")
{
    const int file = memfd_create("empty", MFD_CLOEXEC);
    REQUIRE(file >= 0);
    void* const mapped = mmap(nullptr, 8192, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    REQUIRE(mapped != MAP_FAILED);
    CHECK_FALSE(chunk_of(static_cast<char*>(mapped) + 16));
    munmap(mapped, 8192);
}

TEST_CASE("an address inside a block has no chunk, even where it looks like one")
{
    for (const std::size_t size : {100U, 3000U, 50'000U}) {
        const block b = allocate(size);
        volatile char* const bytes_of = b.get();
        for (std::size_t i = 0; i < size; ++i) bytes_of[i] = i % 16 == 8 ? 0x21 : 0;
        int found = 0;
        for (std::size_t i = 1; i < size; ++i) found += chunk_of(b.get() + i) ? 1 : 0;
        CAPTURE(size);
        CHECK(found == 0);
        if (size > 3000) break;
    }
    std::thread{[] {
        const block b = allocate(1000);
        volatile char* const bytes_of = b.get();
        for (std::size_t i = 0; i < 1000; ++i) bytes_of[i] = i % 16 == 8 ? 0x25 : 0;
        int found = 0;
        for (std::size_t i = 16; i < 1000; i += 16) found += chunk_of(b.get() + i) ? 1 : 0;
        CHECK(found == 0);
    }}.join();
}

TEST_CASE("what looks like an mmapped chunk must be whole pages within one mapping")
{
    const fresh_pages pages{16};
    const auto fake = [&](std::uintptr_t at, std::uintptr_t lead, std::uintptr_t size) {
        auto* const header = reinterpret_cast<volatile std::uintptr_t*>(pages.begin() + at);
        header[0] = lead;
        header[1] = size | 2;
        return chunk_of(pages.begin() + at + 16);
    };
    CHECK_FALSE(fake(16, 0, 4096));        // begins within a page
    CHECK_FALSE(fake(16, 0, 4080));        // ends with one, begins within it
    CHECK_FALSE(fake(16, 16, 4096));       // ends within a page
    CHECK_FALSE(fake(16, 0, 0));           // no block
    CHECK_FALSE(fake(16, 4112, 1U << 20)); // of more than is mapped
    CHECK_FALSE(fake(16, ~std::uintptr_t{0}, 4080));
    CHECK_FALSE(fake(0, 0, std::uintptr_t{1} << 40));
    CHECK_FALSE(fake(0, 0, ~std::uintptr_t{4095}));
}

TEST_CASE("a block that was given back has no chunk")
{
    const void* merged = nullptr;
    const void* unmapped = nullptr;
    {
        const block large = allocate(64U << 20);
        const block b = allocate(5000); // too large for the tcache
        merged = b.get();
        unmapped = large.get();
    }
    CHECK_FALSE(chunk_of(merged));
    CHECK_FALSE(chunk_of(unmapped));
}

TEST_CASE("chunks are told while other threads allocate from the same arena")
{
    std::vector<block> blocks;
    std::latch filled{1};
    std::thread other{[&] {
        for (int i = 0; i < 2000; ++i)
            blocks.push_back(allocate(static_cast<std::size_t>(i % 700)));
        filled.count_down();
        // Blocks come and go in the arena that is looked at.
        for (int i = 0; i < 20'000; ++i) {
            const block come_and_go = allocate(static_cast<std::size_t>(i % 5000));
        }
    }};
    filled.wait();
    int wrong = 0;
    for (std::size_t i = 0; i < blocks.size(); i += 20)
        wrong += described_rightly(blocks[i]) ? 0 : 1;
    other.join();
    CHECK(wrong == 0);
}

TEST_CASE("looking at a chunk allocates nothing and touches no page")
{
    const block b = allocate(300'000);
    const block neighbour = allocate(24);
    const auto before = heaplings::take_malloc_snapshot();
    const page_counts pages = count_pages(b.get(), 300'000_B);
    static_cast<void>(chunk_of(neighbour.get()));
    static_cast<void>(chunk_of(b.get()));
    CHECK(count_pages(b.get(), 300'000_B) == pages);
    if (before) CHECK(*heaplings::take_malloc_snapshot() == *before);
}

TEST_CASE("a snapshot tells what one block changes")
{
    const auto before = heaplings::take_malloc_snapshot();
    if (!before) {
        CHECK(heaplings::detail::malloc_is_replaced());
        return;
    }
    const block b = allocate(64U << 20);
    const auto mapped = heaplings::take_malloc_snapshot();
    REQUIRE(mapped);
    CHECK((*mapped - *before).mmapped_blocks == 1);
    CHECK((*mapped - *before).mmapped >= 64_MiB);
    CHECK((*mapped - *before).mmapped < 65_MiB);
    CHECK((*mapped - *before).in_use == 0_B);
    CHECK((*before - *mapped).mmapped <= -64_MiB);

    const block small = allocate(5000);
    const auto after = heaplings::take_malloc_snapshot();
    REQUIRE(after);
    CHECK((*after - *mapped).in_use == bytes{malloc_usable_size(small.get()) + 8});
    CHECK((*after - *mapped).mmapped_blocks == 0);
    CHECK(after->arenas == after->in_use + after->free);
    CHECK((*after - *after) == heaplings::malloc_snapshot{});
}

TEST_CASE("a written page is resident, a page only read is not, an untouched one is nothing")
{
    const fresh_pages pages{100};
    CHECK(count_pages(pages.begin(), pages.size()) == page_counts{.pages = 100});

    for (int i = 0; i < 7; ++i) pages.write(i * 3);
    for (int i = 0; i < 5; ++i) pages.read(50 + i);
    const page_counts counts = count_pages(pages.begin(), pages.size());
    CHECK(counts.pages == 100);
    CHECK(counts.resident == 7);
    CHECK(counts.zero + counts.zero_or_shared == 5);
    CHECK(counts.swapped == 0);

    // Given back: untouched again.
    madvise(pages.begin(), static_cast<std::size_t>(pages.size().count()), MADV_DONTNEED);
    CHECK(count_pages(pages.begin(), pages.size()).resident == 0);
}

TEST_CASE("both ways to ask the kernel for pages agree")
{
    const fresh_pages pages{3000};
    for (int i = 0; i < 3000; i += 2) pages.write(i); // more runs than one question answers
    for (int i = 1; i < 100; i += 2) pages.read(i);
    const auto begin = address_of(pages.begin());
    const auto end = begin + static_cast<std::uintptr_t>(pages.size().count());
    heaplings::detail::proc_file pagemap{heaplings::this_process, "pagemap", "/proc"};

    const page_counts read = heaplings::detail::read_pages(pagemap, begin, end);
    CHECK(read == page_counts{.pages = 3000, .resident = 1500, .zero_or_shared = 50});
    if (const auto scanned = heaplings::detail::scan_pages(pagemap, begin, end)) {
        CHECK(*scanned == page_counts{.pages = 3000, .resident = 1500, .zero = 50});
    }
}

TEST_CASE("pages shared with a child since a fork stay resident or are told apart as doubtful")
{
    const fresh_pages pages{10};
    for (int i = 0; i < 10; ++i) pages.write(i);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        pages.write(0);
        const page_counts counts = count_pages(pages.begin(), pages.size());
        _exit(counts.zero == 0 && counts.resident >= 1 &&
                      counts.resident + counts.zero_or_shared == 10
                  ? 0
                  : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a range is counted in the pages that it touches")
{
    const fresh_pages pages{4};
    pages.write(0);
    const std::int64_t page = page_size().count();
    CHECK(count_pages(pages.begin(), 0_B) == page_counts{});
    CHECK(count_pages(pages.begin(), 1_B) == page_counts{.pages = 1, .resident = 1});
    CHECK(count_pages(pages.begin() + page - 1, 1_B) == page_counts{.pages = 1, .resident = 1});
    CHECK(count_pages(pages.begin() + page - 1, 2_B) == page_counts{.pages = 2, .resident = 1});
    CHECK(count_pages(pages.begin() + page, 3 * page_size()) == page_counts{.pages = 3});
}

TEST_CASE("pages that are not mapped are no more than counted")
{
    CHECK(count_pages(nullptr, 10 * page_size()) == page_counts{.pages = 10});
    CHECK(count_pages(at(0xffff'8000'0000'0000), page_size()) == page_counts{.pages = 1});
}

TEST_CASE("the picture shows the regions from high to low addresses, with the markers in them")
{
    int local = 0;
    const block b = allocate(64U << 20);
    const heaplings::marker markers[] = {{"a local variable", &local},
                                         {"a large block", b.get()},
                                         {"the same block", b.get()},
                                         {"an initialised variable", &initialised},
                                         {"a zeroed variable", &zeroed},
                                         {"a function", reinterpret_cast<void*>(&function)},
                                         {"null", nullptr},
                                         {"beyond", at(~std::uintptr_t{0})}};
    std::ostringstream out;
    print_address_space(out, markers);
    const std::string picture = out.str();
    INFO(picture);

    const auto is_in = [&](const std::string& marker, std::string_view box) {
        const auto marked = picture.find("<- " + marker + " ");
        if (marked == picture.npos) return false;
        const auto border = picture.rfind("+----------+\n", marked);
        const auto row = picture.substr(border, picture.find('\n', border + 14) - border);
        return row.find("| " + std::string{box} + " ") != row.npos;
    };
    CHECK(is_in("a local variable", "stack"));
    CHECK(is_in("a large block", "mmap"));
    CHECK(is_in("the same block", "mmap"));
    CHECK(is_in("an initialised variable", "data"));
    CHECK(is_in("a zeroed variable", "bss"));
    CHECK(is_in("a function", "text"));
    std::size_t shown = 0;
    for (auto mark = picture.find("<-"); mark != picture.npos;
         mark = picture.find("<-", mark + 1)) {
        ++shown;
    }
    CHECK(shown == std::size(markers)); // each once
    CHECK(picture.find("<- beyond ") < picture.find("+---"));
    CHECK(picture.find("<- null ") > picture.rfind("+---"));

    std::istringstream lines{picture};
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}

TEST_CASE("the picture needs no markers and cuts a long name")
{
    std::ostringstream plain;
    heaplings::print_address_space(plain);
    CHECK(plain.str().find("| stack    |") != std::string::npos);
    CHECK(plain.str().find("<-") == std::string::npos);

    const std::string name(200, 'x');
    const heaplings::marker marker{name, at(~std::uintptr_t{0})};
    std::ostringstream out;
    heaplings::print_address_space(out, {&marker, 1});
    const std::string first_line = out.str().substr(0, out.str().find('\n'));
    CHECK(first_line.size() <= 80);
    CHECK(first_line.find("xxx 0xffffffffffffffff") != std::string::npos);
}

TEST_SUITE_END();
