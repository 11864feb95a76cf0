#include <heaplings/proc/maps.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace heaplings::literals;
using heaplings::mapping;
using heaplings::maps_end;
using heaplings::maps_file;
using heaplings::parse_error;
using heaplings::process_id;

TEST_SUITE_BEGIN("proc/maps");

TEST_CASE("a line is taken apart into typed values")
{
    const synthetic_proc proc;
    proc.write("maps", "7f13182ef000-7f13182f1000 r-xs 00003000 fe:1a 1024      /lib/x.so\n");
    maps_file maps{proc.process, proc.root()};
    const auto m = maps.next();
    REQUIRE(m);
    CHECK(m->begin == 0x7f13182ef000);
    CHECK(m->end == 0x7f13182f1000);
    CHECK(m->size() == 8_KiB);
    CHECK(m->permissions == mapping::permission_bits{true, false, true, true});
    CHECK(m->offset == 0x3000);
    CHECK(m->device == mapping::device_number{0xfe, 0x1a});
    CHECK(m->inode == 1024);
    CHECK(m->path == "/lib/x.so");
    CHECK_FALSE(m->path_is_cut);
    CHECK_FALSE(maps.next());
    CHECK(maps.end_reached() == maps_end::complete);
    CHECK_FALSE(maps.next());
}

TEST_CASE("a path is what follows the blanks, up to the end of the line")
{
    const synthetic_proc proc;
    const std::string_view paths[] = {"",
                                      "[heap]",
                                      "[stack]",
                                      "[anon:my arena]",
                                      "/file with  two spaces (deleted)",
                                      "/ends in a space ",
                                      "/new\\012line",
                                      "/memfd:x (deleted)",
                                      "socket:[123]",
                                      "/a:b-c"};
    std::string text;
    for (const std::string_view path : paths) {
        text.append("1000-2000 rw-p 00000000 00:00 0                    ").append(path) += '\n';
    }
    text.append("1000-2000 rw-p 00000000 00:00 0 \n"); // as for memory without a name
    proc.write("maps", text);
    maps_file maps{proc.process, proc.root()};
    for (const std::string_view path : paths) {
        const auto m = maps.next();
        REQUIRE(m);
        CHECK(m->path == path);
    }
    const auto last = maps.next();
    REQUIRE(last);
    CHECK(last->path.empty());
}

TEST_CASE("recorded files are read to their end")
{
    const synthetic_proc proc;
    const auto read = [&](std::string_view capture) {
        proc.copy("maps", capture);
        std::vector<std::string> paths;
        maps_file maps{proc.process, proc.root()};
        for (const mapping& m : maps) paths.emplace_back(m.path);
        CHECK(maps.end_reached() == maps_end::complete);
        return paths;
    };
    const auto has = [](const std::vector<std::string>& paths, std::string_view path) {
        return std::find(paths.begin(), paths.end(), path) != paths.end();
    };
    CHECK(read("weird").size() == 12);
    CHECK(read("init").size() == 11);
    const auto huge = read("huge");
    CHECK(huge.size() == 17);
    CHECK(has(huge, "/anon_hugepage (deleted)"));
    CHECK(has(huge, "/file with  two spaces (deleted)"));
    CHECK(has(huge, "/new\\012line"));
}

TEST_CASE("a kernel thread and a zombie have no memory, which is not the end of a list")
{
    const synthetic_proc proc;
    for (const std::string capture : {"kthread", "zombie", "leadergone"}) {
        CAPTURE(capture);
        proc.copy("maps", capture);
        maps_file maps{proc.process, proc.root()};
        CHECK_FALSE(maps.next());
        CHECK(maps.end_reached() == maps_end::no_memory);
    }
}

TEST_CASE("numbers of 64 bits are read in full, greater ones are refused")
{
    const synthetic_proc proc;
    proc.write("maps", "ffffffffff600000-ffffffffffffffff --xp ffffffffffffffff ff:ff "
                       "18446744073709551615 [vsyscall]\n"
                       "1000-1ffffffffffffffff rw-p 00000000 00:00 0 \n");
    maps_file maps{proc.process, proc.root()};
    const auto m = maps.next();
    REQUIRE(m);
    CHECK(m->begin == 0xffffffffff600000);
    CHECK(m->end == 0xffffffffffffffff);
    CHECK(m->offset == 0xffffffffffffffff);
    CHECK(m->inode == 0xffffffffffffffff);
    CHECK_THROWS_AS(static_cast<void>(maps.next()), parse_error);
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    const std::string good = "1000-2000 rw-p 00000000 00:00 0 \n";
    for (const std::string line :
         {"", "junk", "1000 2000 rw-p 00000000 00:00 0 ", "1000-2000 rw-p 00000000 00:00",
          "1000-2000 rwp 00000000 00:00 0 ", "1000-2000 rw-q 00000000 00:00 0 ",
          "1000-2000 wr-p 00000000 00:00 0 ", "2000-1000 rw-p 00000000 00:00 0 ",
          "1000-1000 rw-p 00000000 00:00 0 ", "0x1000-2000 rw-p 00000000 00:00 0 ",
          "1000-2000 rw-p 00000000 0000 0 ", "1000-2000 rw-p 00000000 00:00 x ",
          "1000-2000 rw-p 00000000 00:00 0", " 1000-2000 rw-p 00000000 00:00 0 "}) {
        CAPTURE(line);
        proc.write("maps", good + line + "\n" + good);
        maps_file maps{proc.process, proc.root()};
        REQUIRE(maps.next());
        try {
            static_cast<void>(maps.next());
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "maps").native());
            CHECK(error.line() == 2);
            CHECK(error.text() == line);
        }
    }
}

TEST_CASE("a line that breaks off at the end of the file is an error that shows it")
{
    const synthetic_proc proc;
    const std::string broken_off = "1000-2000 rw-p 00000000 00:00 0           /lib/libc.s";
    proc.write("maps", "1000-2000 rw-p 00000000 00:00 0 \n" + broken_off);
    maps_file maps{proc.process, proc.root()};
    REQUIRE(maps.next());
    try {
        static_cast<void>(maps.next());
        FAIL_CHECK("no error");
    } catch (const parse_error& error) {
        CHECK(error.line() == 2);
        CHECK(error.text() == broken_off);
    }
}

TEST_CASE("a line longer than the buffer keeps the head of its path and the next one is whole")
{
    const synthetic_proc proc;
    const std::string head = "1000-2000 rw-p 00000000 00:00 7 ";
    for (const std::size_t length : {16'000U, 16'447U, 16'480U, 16'512U, 16'513U, 40'000U}) {
        CAPTURE(length);
        const std::string path = "/" + std::string(length, 'x') + "end";
        proc.write("maps", head + path + "\n" + head + "/next\n" + head + path + "\n");
        maps_file maps{proc.process, proc.root()};
        auto m = maps.next();
        REQUIRE(m);
        CHECK(path.starts_with(m->path));
        CHECK(m->path.size() > 16'000);
        CHECK(m->path_is_cut == (m->path != path));
        m = maps.next();
        REQUIRE(m);
        CHECK(m->path == "/next");
        CHECK_FALSE(m->path_is_cut);
        REQUIRE(maps.next());
        CHECK_FALSE(maps.next());
        CHECK(maps.end_reached() == maps_end::complete);
    }
}

TEST_CASE("a line longer than the buffer that breaks off is an error")
{
    const synthetic_proc proc;
    proc.write("maps", "1000-2000 rw-p 00000000 00:00 7 /" + std::string(20'000, 'x'));
    maps_file maps{proc.process, proc.root()};
    const auto m = maps.next();
    REQUIRE(m);
    CHECK(m->path_is_cut);
    CHECK_THROWS_AS(static_cast<void>(maps.next()), parse_error);
}

TEST_CASE("lines are whole wherever the buffer's end cuts them")
{
    const synthetic_proc proc;
    std::string text;
    for (int i = 0; i < 2000; ++i) {
        text.append("1000-2000 rw-p 00000000 00:00 ").append(std::to_string(i)).append(" /");
        text.append(static_cast<std::size_t>(i % 97), 'x').append("\n");
    }
    proc.write("maps", text);
    maps_file maps{proc.process, proc.root()};
    std::uint64_t expected = 0;
    for (const mapping& m : maps) {
        CHECK(m.inode == expected);
        CHECK(m.path.size() == expected % 97 + 1);
        ++expected;
    }
    CHECK(expected == 2000);
}

TEST_CASE("a mount that does not exist is an error, not a process that is gone")
{
    CHECK_THROWS_AS(maps_file(process_id{1}, "/no/such/mount"), std::system_error);
    const synthetic_proc proc;
    CHECK_THROWS_AS(maps_file(heaplings::this_process, proc.root()), std::system_error);
}

TEST_SUITE_END();
