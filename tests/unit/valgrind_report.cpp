// The reports in tests/data/valgrind were recorded with Valgrind 3.19 from small answers to an
// exercise; only folders were renamed, and of fatal_signal most of the blocks that doctest had
// left.
#include "valgrind_report.hpp"

#include "text.hpp"

#include <doctest/doctest.h>

#include <heaplings/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream> // heaplings::bytes prints
#include <random>
#include <unistd.h>

using namespace heaplings::tools;
using heaplings::bytes;

namespace {

const std::filesystem::path recordings = std::filesystem::path{HEAPLINGS_TEST_DATA} / "valgrind";
const std::string learner = "1_first_malloc.cpp";

valgrind_report recorded(const std::string& name)
{
    return read_valgrind_xml(recordings / (name + ".xml"));
}

std::string summary_of(const std::string& name)
{
    return summarise(recorded(name), learner);
}

struct scratch_file
{
    scratch_file()
    {
        std::string name =
            (std::filesystem::temp_directory_path() / "heaplings-xml-XXXXXX").string();
        const int file = ::mkstemp(name.data());
        REQUIRE(file >= 0);
        ::close(file);
        path = name;
    }
    ~scratch_file() { std::filesystem::remove(path); }
    std::filesystem::path path;
};

// What reading `text` gives; nothing if it is refused as malformed.
std::optional<valgrind_report> read_text(const scratch_file& file, const std::string& text)
{
    write_file(file.path, text);
    try {
        return read_valgrind_xml(file.path);
    } catch (const heaplings::parse_error&) {
        return std::nullopt;
    }
}

} // namespace

TEST_CASE("a run without errors has a finished report and nothing to say")
{
    const valgrind_report report = recorded("clean");
    CHECK(report.finished);
    CHECK(report.findings.empty());
    CHECK_FALSE(report.fatal_signal.has_value());
    CHECK(summarise(report, learner) == "");
}

TEST_CASE("leaked blocks are told by kind, size and the learner's line, equal ones together")
{
    CHECK(summary_of("several_equal") ==
          R"(  definitely lost: 16 bytes in 4 blocks, no pointer is left
    allocated in allocate_ints (1_first_malloc.cpp:11) by malloc
)");
    CHECK(summary_of("definite_and_indirect") ==
          R"(  definitely lost: 64 bytes in 4 blocks, no pointer is left
    allocated in chain (1_first_malloc.cpp:16) by operator new
    called by allocate_ints (1_first_malloc.cpp:24)
  indirectly lost: 64 bytes in 4 blocks, only lost blocks point there
    allocated in chain (1_first_malloc.cpp:17) by operator new
    called by allocate_ints (1_first_malloc.cpp:24)
)");
    CHECK(summary_of("possible_and_reachable") ==
          R"(  possibly lost: 64 bytes in 1 block, only pointers to the inside are left
    allocated in allocate_ints (1_first_malloc.cpp:13) by malloc
  still reachable: 10 bytes in 1 block, never freed though a pointer is left
    allocated in allocate_ints (1_first_malloc.cpp:14) by malloc
)");
}

TEST_CASE("what is lost through a lost block counts once, as a leak of its own")
{
    bytes definite;
    bytes indirect;
    for (const valgrind_finding& found : recorded("definite_and_indirect").findings) {
        REQUIRE(found.leak.has_value());
        (found.leak->kind == leak_kind::definite ? definite : indirect) += found.leak->size;
    }
    CHECK(definite == bytes{64}); // four nodes of 16 bytes, each followed by another
    CHECK(indirect == bytes{64});
}

TEST_CASE("an invalid access is told with the block that it missed")
{
    CHECK(summary_of("invalid_access") ==
          R"(  invalid write of size 4, 2 times: just past the end of a block of 40 bytes
    in fill (1_first_malloc.cpp:10)
    called by allocate_ints (1_first_malloc.cpp:16)
    allocated in allocate_ints (1_first_malloc.cpp:15) by operator new[]
  invalid read of size 4: byte 8 of a block of 40 bytes that was freed
    in allocate_ints (1_first_malloc.cpp:18)
    freed in allocate_ints (1_first_malloc.cpp:17) by operator delete[]
    allocated in allocate_ints (1_first_malloc.cpp:15) by operator new[]
)");
}

TEST_CASE("an error inside a library is told at the learner's line that led there")
{
    CHECK(summary_of("through_library") ==
          R"(  invalid read of size 1, 201 times: byte 0 of a block of 101 bytes that was
    freed
    in allocate_ints (1_first_malloc.cpp:13) by puts
    freed in allocate_ints (1_first_malloc.cpp:12) by std::basic_string::append
    allocated in allocate_ints (1_first_malloc.cpp:10) by
      std::basic_string::basic_string
)");
}

TEST_CASE("uninitialised values are told where they are used")
{
    CHECK(summary_of("uninitialised") ==
          R"(  uninitialised value: used before anything was stored in it
    in allocate_ints (1_first_malloc.cpp:11)
  uninitialised value, 4 times: used before anything was stored in it
    in allocate_ints (1_first_malloc.cpp:12) by printf
  bad argument of a system call: Syscall param write(buf) points to
    uninitialised byte(s)
    in allocate_ints (1_first_malloc.cpp:13) by write
    allocated in allocate_ints (1_first_malloc.cpp:10) by malloc
)");
}

TEST_CASE("a wrong free is told with the block's earlier free and its allocation")
{
    CHECK(summary_of("bad_free") ==
          R"(  invalid free: byte 4 of a block of 16 bytes, not its start
    in give_back (1_first_malloc.cpp:10) by free
    called by allocate_ints (1_first_malloc.cpp:16)
    allocated in allocate_ints (1_first_malloc.cpp:15) by malloc
  double free: the block was freed before
    in give_back (1_first_malloc.cpp:10) by free
    called by allocate_ints (1_first_malloc.cpp:18)
    freed in give_back (1_first_malloc.cpp:10) by free
    called by allocate_ints (1_first_malloc.cpp:17)
    allocated in allocate_ints (1_first_malloc.cpp:15) by malloc
  invalid free: address 0x1ffeffff84 is on thread 1's stack
    in allocate_ints (1_first_malloc.cpp:20) by free
)");
    CHECK(summary_of("mismatched_free") ==
          R"(  mismatched free: operator delete of a block from operator new[]
    in allocate_ints (1_first_malloc.cpp:11) by operator delete
    allocated in allocate_ints (1_first_malloc.cpp:10) by operator new[]
  mismatched free: operator delete of a block from malloc
    in allocate_ints (1_first_malloc.cpp:13) by operator delete
    allocated in allocate_ints (1_first_malloc.cpp:12) by malloc
)");
}

TEST_CASE("after a fatal signal the crash is told and the blocks that it left are not")
{
    const valgrind_report report = recorded("fatal_signal");
    REQUIRE(report.fatal_signal.has_value());
    CHECK(report.fatal_signal->name == "SIGSEGV");
    CHECK(report.finished);
    CHECK(std::ranges::any_of(
        report.findings, [](const valgrind_finding& found) { return found.leak.has_value(); }));
    CHECK(summarise(report, learner) ==
          R"(  invalid write of size 4: address 0x0, is a pointer null?
    in store (1_first_malloc.cpp:10)
    called by allocate_ints (1_first_malloc.cpp:16)
  segmentation fault in store (1_first_malloc.cpp:10), at address 0x0: is a
    pointer null?
)");
}

TEST_CASE("a run that was killed leaves what was found by then, and says that it is not all")
{
    const valgrind_report report = recorded("killed");
    CHECK_FALSE(report.finished);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].kind == "invalid write of size 1");
    CHECK(doctest::Contains("did not finish").checkWith(summarise(report, learner).c_str()));
    CHECK(doctest::Contains("did not finish").checkWith(full_text(report).c_str()));

    const scratch_file empty; // killed before Valgrind had written anything
    CHECK_FALSE(read_valgrind_xml(empty.path).finished);
}

TEST_CASE("after the fifth finding only their number is told")
{
    const std::string text = summary_of("many");
    CHECK(recorded("many").findings.size() == 7);
    CHECK(doctest::Contains("definitely lost: 5 bytes").checkWith(text.c_str()));
    CHECK_FALSE(doctest::Contains("definitely lost: 6 bytes").checkWith(text.c_str()));
    CHECK(text.ends_with("\n  and 2 more\n"));
}

TEST_CASE("a finding without a line of the learner's is told at the spec's, or as nobody's")
{
    const valgrind_report report = recorded("several_equal");
    CHECK(doctest::Contains("allocated in the spec (spec/first_malloc.cpp:9) by malloc")
              .checkWith(summarise(report, "2_another.cpp").c_str()));

    valgrind_report bare = report;
    for (valgrind_finding& found : bare.findings) {
        for (stack_frame& frame : found.stack) frame.file.clear();
    }
    CHECK(doctest::Contains("allocated outside your file and the spec")
              .checkWith(summarise(bare, learner).c_str()));
}

TEST_CASE("the full text has the form of Valgrind's own log, with every frame")
{
    const std::string text = full_text(recorded("killed"));
    CHECK(text.starts_with("==26314== Memcheck, a memory error detector\n"));
    const std::string error = R"(
==26314== Invalid write of size 1
==26314==    at 0x1260C7: allocate_ints(int**, unsigned long) (1_first_malloc.cpp:11)
==26314==    by 0x125A14: DOCTEST_ANON_FUNC_2() (first_malloc.cpp:15)
==26314==    by 0x118973: doctest::Context::run() (in /home/learner/heaplings/build/course/1.1_first_malloc/1.1_first_malloc)
==26314==    by 0x11DB1C: main (in /home/learner/heaplings/build/course/1.1_first_malloc/1.1_first_malloc)
==26314==  Address 0x4d72634 is 0 bytes after a block of size 4 alloc'd
==26314==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
==26314==    by 0x12597D: __wrap_malloc (first_malloc.cpp:9)
)";
    CHECK(doctest::Contains(error.c_str()).checkWith(text.c_str()));
}

TEST_CASE("no line of a summary is wider than 80 columns")
{
    for (const auto& entry : std::filesystem::directory_iterator{recordings}) {
        INFO(entry.path().string());
        for (const std::string& line :
             split(summarise(read_valgrind_xml(entry.path()), learner), '\n')) {
            CHECK(line.size() <= 80);
        }
    }
}

TEST_CASE("what is not memcheck's XML is an error with the file's name and the line")
{
    const scratch_file file;
    const auto refused = [&](const std::string& text, std::size_t line) {
        write_file(file.path, text);
        try {
            static_cast<void>(read_valgrind_xml(file.path));
            FAIL_CHECK("accepted: " << text);
        } catch (const heaplings::parse_error& error) {
            CHECK(error.file() == file.path.string());
            CHECK(error.line() == line);
        }
    };
    refused("valgrind: no such option\n", 1);
    refused("<?xml version=\"1.0\"?>\n<testsuite/>\n", 1);
    refused("<valgrindoutput>\n<protocoltool>helgrind</protocoltool>\n</valgrindoutput>\n", 1);
    refused("<valgrindoutput>\n<protocoltool>memcheck</protocoltool>\n<pid>12</error>\n\n"
            "</valgrindoutput>\n",
            3);
    CHECK_THROWS_WITH_AS(static_cast<void>(read_valgrind_xml(recordings / "absent.xml")),
                         doctest::Contains("absent.xml"), std::system_error);
}

TEST_CASE("bytes that are no UTF-8 pass through")
{
    std::string text = read_file(recordings / "several_equal.xml").value();
    const std::size_t at = text.find("allocate_ints");
    REQUIRE(at != std::string::npos);
    text.replace(at, 3, "\xff\xc3(");
    const scratch_file file;
    const auto report = read_text(file, text);
    REQUIRE(report.has_value());
    CHECK(report->finished);
    CHECK(report->findings.size() == recorded("several_equal").findings.size());
}

TEST_CASE("a report cut short anywhere is unfinished, and what it still holds is true")
{
    const std::string text = read_file(recordings / "bad_free.xml").value();
    const valgrind_report whole = recorded("bad_free");
    const std::size_t end =
        text.find("</valgrindoutput>") + std::string{"</valgrindoutput>"}.size();
    const scratch_file file;
    for (std::size_t size = 0; size < end; size += 13) {
        CAPTURE(size);
        const auto report = read_text(file, text.substr(0, size));
        if (!report) {
            CHECK(size < text.find("<protocolversion>"));
            continue;
        }
        REQUIRE_FALSE(report->finished);
        REQUIRE(report->findings.size() <= whole.findings.size());
        for (std::size_t i = 0; i < report->findings.size(); ++i) {
            CHECK(report->findings[i].text == whole.findings[i].text);
            CHECK(report->findings[i].stack.size() == whole.findings[i].stack.size());
            CHECK(report->findings[i].notes.size() == whole.findings[i].notes.size());
        }
    }
}

TEST_CASE("damaged reports are refused or read, and never bring the reader down")
{
    const scratch_file file;
    std::mt19937 random{20'240'501};
    std::size_t refused = 0;
    for (const char* name :
         {"fatal_signal.xml", "definite_and_indirect.xml", "uninitialised.xml"}) {
        const std::string text = read_file(recordings / name).value();
        for (int round = 0; round < 200; ++round) {
            std::string damaged = text;
            for (int flips = 1 + round % 3; flips > 0; --flips) {
                char& c = damaged[random() % damaged.size()];
                c = static_cast<char>(c ^ (1 << random() % 8));
            }
            if (const auto report = read_text(file, damaged)) {
                static_cast<void>(summarise(*report, learner));
                static_cast<void>(full_text(*report));
            } else {
                ++refused;
            }
        }
    }
    CHECK(refused > 0);
}

TEST_CASE("Valgrind is asked for every kind of leak, as XML, whatever a .valgrindrc says")
{
    const std::vector<std::string> command = valgrind_command("/usr/bin/valgrind", 101);
    CHECK(command.front() == "/usr/bin/valgrind");
    for (const char* option :
         {"--command-line-only=yes", "--leak-check=full", "--show-leak-kinds=all",
          "--errors-for-leak-kinds=all", "--xml=yes", "--xml-fd=101"}) {
        CHECK(std::ranges::count(command, option) == 1);
    }
}
