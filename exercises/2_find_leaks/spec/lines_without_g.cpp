// The spec of exercise 3, lines_without_g.
//
// The lines are Valgrind's (3.19), recorded of leaking programs built with -g, without, and
// stripped with -s. Only names of files and folders were changed.
#include "spec/lines_without_g.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace {

const std::string preloaded = "/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so";

// The frame on `line`; the test case ends here if none was found.
frame frame_on(std::string_view line)
{
    INFO("the line: " << std::string{line});
    const std::optional<frame> found = read_frame(line);
    REQUIRE_MESSAGE(found.has_value(), "this line shows a frame");
    return *found;
}

// What a line must give when it names an object: there is no source file on it.
void check_in_object(std::string_view line, const std::string& function, const std::string& object)
{
    INFO("the line: " << std::string{line});
    const frame found = frame_on(line);
    CHECK(found.function == function);
    CHECK(found.object == object);
    CHECK(found.file == "");
    CHECK(found.line == 0);
}

// What a line must give when it names a source file: there is no object on it.
void check_in_file(std::string_view line, const std::string& function, const std::string& file,
                   int number)
{
    INFO("the line: " << std::string{line});
    const frame found = frame_on(line);
    CHECK(found.function == function);
    CHECK(found.object == "");
    CHECK(found.file == file);
    CHECK(found.line == number);
}

} // namespace

TEST_CASE("the program counter is a hexadecimal number")
{
    CHECK(frame_on("==13077==    by 0x1094FF: main (in /home/learner/bin/list)").pc == 0x1094FF);
    CHECK(frame_on("==13077==    by 0x109201: main (in /home/learner/bin/list)").pc == 0x109201);
    CHECK(frame_on("==13272==    by 0x4ABE249: (below main) (libc_start_call_main.h:58)").pc ==
          0x4ABE249);
}

TEST_CASE("without -g a line tells the function and the object, and no source file")
{
    check_in_object("==13077==    by 0x1092C0: main (in /home/learner/bin/list)", "main",
                    "/home/learner/bin/list");
    check_in_object("==13077==    by 0x109201: keep(unsigned long) (in /home/learner/bin/list)",
                    "keep(unsigned long)", "/home/learner/bin/list");
}

TEST_CASE("of a stripped program the object alone is left")
{
    check_in_object("==13272==    by 0x109201: ??? (in /home/learner/bin/list)", "",
                    "/home/learner/bin/list");
    check_in_object("==13272==    by 0x109272: ??? (in /home/learner/bin/list)", "",
                    "/home/learner/bin/list");
}

TEST_CASE("with -g a line tells the source file and the line in it, and no object")
{
    check_in_file("==12972==    by 0x1092C0: main (list.cpp:24)", "main", "list.cpp", 24);
    check_in_file("==12972==    by 0x109201: keep(unsigned long) (list.cpp:8)",
                  "keep(unsigned long)", "list.cpp", 8);
}

TEST_CASE("Valgrind's own malloc and operator new are frames like others, of Valgrind's library")
{
    check_in_object("==12972==    at 0x48417B4: malloc (in " + preloaded + ")", "malloc",
                    preloaded);
    check_in_object("==13272==    at 0x48465EF: calloc (in " + preloaded + ")", "calloc",
                    preloaded);
    check_in_object("==13077==    at 0x4841F2F: operator new(unsigned long) (in " + preloaded + ")",
                    "operator new(unsigned long)", preloaded);
    check_in_object("==13077==    at 0x484320F: operator new[](unsigned long) (in " + preloaded +
                        ")",
                    "operator new[](unsigned long)", preloaded);
}

TEST_CASE("below main there is the C library, with or without its debug files")
{
    check_in_file("==13272==    by 0x4ABE249: (below main) (libc_start_call_main.h:58)",
                  "(below main)", "libc_start_call_main.h", 58);
    check_in_object("==21513==    by 0x4ABE304: (below main) (in "
                    "/usr/lib/x86_64-linux-gnu/libc.so.6)",
                    "(below main)", "/usr/lib/x86_64-linux-gnu/libc.so.6");
}

TEST_CASE("names of C++ hold spaces, colons, templates and parentheses")
{
    const struct
    {
        const char* pc;
        const char* function;
        int line;
    } leaks[] = {
        {"0x1094FF", "zoo::cage<std::pair<int, long> >::operator()(int)", 13},
        {"0x109526", "zoo::cage<std::pair<int, long> >::operator bool()", 14},
        {"0x10922D", "(anonymous namespace)::hidden(std::pair<int, long>)", 17},
        {"0x109251", "main::{lambda(char**)#1}::operator()(char**) const", 26},
        {"0x1094AE",
         "void zoo::cage<std::pair<int, long> >::take<unsigned int>(unsigned int, std::pair<int, "
         "long>)",
         12},
        {"0x109174", "apply(void (*)(int), int)", 4},
    };
    for (const auto& leak : leaks) {
        const std::string head = std::string{"    by "} + leak.pc + ": " + leak.function;
        check_in_file("==12972==" + head + " (zoo.cpp:" + std::to_string(leak.line) + ")",
                      leak.function, "zoo.cpp", leak.line);
        check_in_object("==13077==" + head + " (in /home/learner/bin/zoo)", leak.function,
                        "/home/learner/bin/zoo");
    }
}

TEST_CASE("paths hold spaces and parentheses too")
{
    check_in_object("==13272==    by 0x1094FF: ??? (in /home/learner/stripped (copy) 2)", "",
                    "/home/learner/stripped (copy) 2");
    check_in_object("==6190==    by 0x109150: fill(int) (in /home/learner/my heap/list (1))",
                    "fill(int)", "/home/learner/my heap/list (1)");
    // as --fullpath-after= shows them
    check_in_file("==21520==    by 0x1092C0: main (/home/learner/my heap/src/keep list.cpp:24)",
                  "main", "/home/learner/my heap/src/keep list.cpp", 24);
    check_in_file("==6051==    by 0x109174: apply(void (*)(int), int) "
                  "(/home/learner/my heap/src/list (1).cpp:4)",
                  "apply(void (*)(int), int)", "/home/learner/my heap/src/list (1).cpp", 4);
}

TEST_CASE("code of a library that was unloaded has an address and no more")
{
    const frame found = frame_on("==21557==    by 0x4853116: ???");
    CHECK(found.pc == 0x4853116);
    CHECK(found.function == "");
    CHECK(found.object == "");
    CHECK(found.file == "");
    CHECK(found.line == 0);
}

TEST_CASE("the other lines of the report show no frame")
{
    for (const char* const line : {
             "==13077== Memcheck, a memory error detector",
             "==13077== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info",
             "==13272== Command: ./stripped\\ (copy)\\ 2",
             "==13077== ",
             "==13077==     in use at exit: 234 bytes in 8 blocks",
             "==13077== 24 bytes in 1 blocks are definitely lost in loss record 5 of 8",
             "==13077== 133 (32 direct, 101 indirect) bytes in 1 blocks are definitely lost in "
             "loss record 8 of 8",
             "==21557==  Address 0x4a43194 is 0 bytes after a block of size 4 alloc'd",
             "==13077==    definitely lost: 133 bytes in 7 blocks",
             "==13077==      possibly lost: 0 bytes in 0 blocks",
             "==13077== ERROR SUMMARY: 7 errors from 7 contexts (suppressed: 0 from 0)",
             "",
         }) {
        INFO("the line: " << line);
        CHECK_FALSE(read_frame(line).has_value());
    }
}

TEST_CASE("what the program itself prints is no frame, whatever it looks like")
{
    for (const char* const line : {
             "   by 0x109201: keep(unsigned long) (in /home/learner/bin/list)",
             "at 0x48417B4: malloc (list.cpp:8)",
             "== by far the longest list: main (list.cpp:8) ==",
         }) {
        INFO("the line: " << line);
        CHECK_FALSE(read_frame(line).has_value());
    }
}
