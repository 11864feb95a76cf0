// Frees that are wrong: noted with their sites, and no crash.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>

// Clang declares the sized forms only with -fsized-deallocation.
void operator delete(void* block, std::size_t size) noexcept;
void operator delete[](void* block, std::size_t size) noexcept;
void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept;

namespace {

using heaplings::bad_free_kind;
using heaplings::bytes;
using heaplings::leak_report;
using heaplings::leak_scope;
using heaplings::scope_extent;
using namespace leak_counter_support;

template <typename Action>
leak_report report_of(Action action)
{
    const leak_scope scope;
    action();
    return scope.report();
}

std::string line_of(int line)
{
    return "leak_counter_bad_frees.cpp:" + std::to_string(line) + ")";
}

// What a child process prints on stderr.
template <typename Action>
std::string stderr_of_child(Action action)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        action();
        _exit(0);
    }
    close(ends[1]);
    std::string text;
    char buffer[512];
    for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(n));
    }
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return text;
}

} // namespace

TEST_CASE("a block of new that is freed by delete[] is a mismatch, told with both sites")
{
    int allocated_at = 0;
    int freed_at = 0;
    const auto report = report_of([&] {
        void* block = escape(::operator new(40));
        allocated_at = __LINE__ - 1;
        ::operator delete[](block);
        freed_at = __LINE__ - 1;
    });
    CHECK_FALSE(report.empty());
    CHECK(report.leaked_blocks() == 0); // it was freed all the same
    REQUIRE(report.bad_frees().size() == 1);
    const auto& bad = report.bad_frees()[0];
    CHECK(bad.kind() == bad_free_kind::mismatch);
    CHECK(bad.size() == bytes{40});
    const std::string text = text_of(report);
    CAPTURE(text);
    CHECK(contains(text, "bad free: delete[] of a block that is from new\n"));
    const std::size_t freed = text.find(line_of(freed_at));
    const std::size_t allocated = text.find(line_of(allocated_at));
    CHECK(freed != text.npos);
    CHECK(allocated != text.npos);
    CHECK(freed < allocated);
}

TEST_CASE("a block of new[] that is freed by delete is a mismatch")
{
    const auto report = report_of([] { ::operator delete(escape(::operator new[](8))); });
    REQUIRE(report.bad_frees().size() == 1);
    CHECK(contains(text_of(report), "delete of a block that is from new[]"));
}

TEST_CASE("a double free does nothing, and tells of the first free and the allocation")
{
    int lines[3] = {};
    const auto report = report_of([&] {
        char* block = escape(new char[30]);
        lines[0] = __LINE__ - 1;
        delete[] escape(block);
        lines[1] = __LINE__ - 1;
        delete[] escape(block); // NOLINT
        lines[2] = __LINE__ - 1;
    });
    REQUIRE(report.bad_frees().size() == 1);
    CHECK(report.bad_frees()[0].kind() == bad_free_kind::double_free);
    const std::string text = text_of(report);
    CAPTURE(text);
    CHECK(contains(text, "freed before at"));
    for (const int line : lines) CHECK(contains(text, line_of(line)));
    CHECK_FALSE(report.bad_frees()[0].first_freed_at().empty());
    CHECK_FALSE(report.bad_frees()[0].allocated_at().empty());
}

TEST_CASE("a sized delete of another size is told, of the right size is not")
{
    const auto wrong =
        report_of([] { ::operator delete (escape(::operator new(40)), std::size_t{8}); });
    REQUIRE(wrong.bad_frees().size() == 1);
    CHECK(wrong.bad_frees()[0].kind() == bad_free_kind::wrong_size);
    CHECK(contains(text_of(wrong), "delete of 8 B, but the block is of 40 B"));

    const auto right =
        report_of([] { ::operator delete (escape(::operator new(40)), std::size_t{40}); });
    CHECK(right == heaplings::no_leaks);
}

TEST_CASE("an aligned block has to be freed with its alignment")
{
    constexpr std::align_val_t alignment{64};
    const auto without =
        report_of([] { ::operator delete(escape(::operator new(40, alignment))); });
    REQUIRE(without.bad_frees().size() == 1);
    CHECK(without.bad_frees()[0].kind() == bad_free_kind::wrong_alignment);

    const auto other = report_of(
        [] { ::operator delete (escape(::operator new(40, alignment)), std::align_val_t{128}); });
    REQUIRE(other.bad_frees().size() == 1);
    CHECK(contains(text_of(other), "alignment 128"));

    const auto needless =
        report_of([] { ::operator delete (escape(::operator new(40)), std::align_val_t{64}); });
    CHECK(needless.bad_frees().size() == 1);

    const auto right = report_of([] {
        ::operator delete (escape(::operator new(40, alignment)), std::size_t{40}, alignment);
    });
    CHECK(right == heaplings::no_leaks);
}

TEST_CASE("an address in the middle of a block is left alone")
{
    char* block = nullptr;
    const auto report = report_of([&] {
        block = escape(new char[1000]);
        ::operator delete[](escape(block + 1));
        ::operator delete[](escape(block + 512));
    });
    delete[] block;
    REQUIRE(report.bad_frees().size() == 2);
    for (const auto& bad : report.bad_frees()) CHECK(bad.kind() == bad_free_kind::interior);
    CHECK(contains(text_of(report.bad_frees()[1]), "512 B behind the beginning"));
    CHECK(contains(text_of(report.bad_frees()[1]), "1,000 B allocated at"));
}

TEST_CASE("an address of the stack, of a static object and of no memory at all is foreign")
{
    static char fixed[64];
    char local[64];
    const auto report = report_of([&] {
        ::operator delete(static_cast<void*>(escape(fixed)));
        ::operator delete[](static_cast<void*>(escape(local)));
        ::operator delete(escape(reinterpret_cast<void*>(0x10))); // NOLINT
    });
    REQUIRE(report.bad_frees().size() == 3);
    for (const auto& bad : report.bad_frees()) CHECK(bad.kind() == bad_free_kind::foreign);
    CHECK(report.bad_frees()[0].address() == fixed);
    CHECK(contains(text_of(report), "delete of an address that is in no block from new"));
}

TEST_CASE("a freed block that has become part of another is an interior address")
{
    // glibc merges freed neighbours that are too large for its caches.
    char* first = escape(new char[5000]);
    char* second = escape(new char[5000]);
    delete[] escape(first);
    delete[] escape(second);
    char* both = escape(new char[9000]);
    char* stale = both == first ? second : first;
    const auto report = report_of([&] { ::operator delete[](escape(stale)); });
    REQUIRE(report.bad_frees().size() == 1);
    const bool is_within = stale > both && stale < both + 9000;
    CHECK(report.bad_frees()[0].kind() ==
          (is_within ? bad_free_kind::interior : bad_free_kind::double_free));
    delete[] both;
}

TEST_CASE("bad frees are among the counts")
{
    const leak_scope scope;
    void* block = escape(::operator new(10));
    ::operator delete[](escape(block));
    ::operator delete(escape(block)); // NOLINT
    const auto counts = scope.counts();
    CHECK(counts.frees == 1);
    CHECK(counts.live_blocks == 0);
    CHECK(counts.bad_frees == 2);
    CHECK(contains(text_of(counts), ", 2 bad frees"));
    CHECK(scope.report().bad_frees().size() == 2);
}

TEST_CASE("a scope of this thread is not told of other threads' bad frees, one of the process is")
{
    const leak_scope of_process{scope_extent::process};
    const leak_scope of_thread;
    std::thread{[] { ::operator delete[](escape(::operator new(10))); }}.join();
    CHECK(of_thread.report().bad_frees().empty());
    CHECK(of_process.report().bad_frees().size() == 1);
}

TEST_CASE("a scope is not told of what was bad before it")
{
    const leak_scope outer;
    ::operator delete[](escape(::operator new(10)));
    const leak_scope inner;
    CHECK(inner.report().bad_frees().empty());
    CHECK(outer.report().bad_frees().size() == 1);
}

TEST_CASE("under not_counted a bad free is bad all the same")
{
    const auto report = report_of([] {
        const heaplings::not_counted cache;
        ::operator delete[](escape(::operator new(10)));
    });
    CHECK(report.bad_frees().size() == 1);
}

TEST_CASE("where no scope is open, a bad free is told on stderr, with addresses for addr2line")
{
    const std::string text =
        stderr_of_child([] { ::operator delete[](escape(::operator new(10))); });
    CHECK(contains(text, "bad free that no leak_scope reports"));
    CHECK(contains(text, "delete[] of a block that is from new,"));
    // A static executable is at the addresses that addr2line takes.
    CHECK((contains(text, "unit.leak_counter+0x") ||
           contains(text, "unit.leak_counter_malloc+0x") || contains(text, "\n    0x")));
}

TEST_CASE(
    "a scope without a report tells of its bad frees when it ends, one with a report does not")
{
    const auto run = [](bool with_report) {
        return stderr_of_child([=] {
            const leak_scope scope;
            ::operator delete[](escape(::operator new(10)));
            static_cast<void>(scope.counts().live_blocks); // does not look at bad frees
            if (with_report) static_cast<void>(scope.report());
        });
    };
    CHECK(contains(run(false), "delete[] of a block that is from new,"));
    CHECK(run(true).empty());
}

TEST_CASE("of very many bad frees the last are kept, and all that are kept are counted")
{
    const leak_scope scope;
    static char fixed[64];
    for (int i = 0; i < 1000; ++i) ::operator delete(static_cast<void*>(escape(fixed)));
    const auto report = scope.report();
    CHECK(report.bad_frees().size() == 256);
}
