#include <heaplings/heap_probe/malloc_snapshot.hpp>
#include <heaplings/proc/maps.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::mapping;
using heaplings::maps_end;
using heaplings::maps_file;
using heaplings::page_size;
using heaplings::parse_error;
using heaplings::process_id;

namespace {

std::uintptr_t number(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer);
}

int count(maps_file& maps)
{
    int n = 0;
    for ([[maybe_unused]] const mapping& m : maps) ++n;
    return n;
}

// A mapping of `pages` pages, gone at the end of scope.
class mapped_pages
{
public:
    explicit mapped_pages(int pages, int protection = PROT_READ | PROT_WRITE, int file = -1)
        : size_{static_cast<std::size_t>((pages * page_size()).count())},
          begin_{mmap(nullptr, size_, protection, MAP_PRIVATE | (file < 0 ? MAP_ANONYMOUS : 0),
                      file, 0)}
    {
        REQUIRE(begin_ != MAP_FAILED);
    }
    ~mapped_pages() { munmap(begin_, size_); }
    mapped_pages(const mapped_pages&) = delete;
    mapped_pages& operator=(const mapped_pages&) = delete;

    [[nodiscard]] std::uintptr_t begin() const { return number(begin_); }
    [[nodiscard]] std::uintptr_t end() const { return begin() + size_; }

    // Makes each second page read-only: as many mappings as pages.
    void split() const
    {
        const auto page = static_cast<std::size_t>(page_size().count());
        for (std::size_t at = 0; at < size_; at += 2 * page) {
            REQUIRE(mprotect(static_cast<char*>(begin_) + at, page, PROT_READ) == 0);
        }
    }

private:
    std::size_t size_;
    void* begin_;
};

// A child process with many mappings that waits to be killed.
class sleeping_child
{
public:
    sleeping_child()
    {
        const mapped_pages many{400};
        many.split();
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            for (;;) pause();
        }
    }
    ~sleeping_child() { kill_and_wait(); }
    sleeping_child(const sleeping_child&) = delete;
    sleeping_child& operator=(const sleeping_child&) = delete;

    [[nodiscard]] process_id id() const { return process_id{pid_}; }

    void kill_and_leave_a_zombie() const
    {
        siginfo_t info;
        ::kill(pid_, SIGKILL);
        REQUIRE(waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
    }
    void kill_and_wait()
    {
        if (done_) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        done_ = true;
    }

private:
    pid_t pid_ = -1;
    bool done_ = false;
};

} // namespace

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

TEST_CASE("a line that breaks off at the end of the file is an error")
{
    const synthetic_proc proc;
    proc.write("maps", "1000-2000 rw-p 00000000 00:00 0           /lib/libc.s");
    maps_file maps{proc.process, proc.root()};
    CHECK_THROWS_AS(static_cast<void>(maps.next()), parse_error);
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

TEST_CASE("each of thousands of mappings of this process is seen once, in order")
{
    const mapped_pages many{2000};
    many.split();
    maps_file maps;
    int within = 0;
    std::uintptr_t previous_end = 0;
    for (const mapping& m : maps) {
        CHECK(previous_end <= m.begin);
        previous_end = m.end;
        if (many.begin() <= m.begin && m.begin < many.end()) ++within;
    }
    CHECK(maps.end_reached() == maps_end::complete);
    CHECK(within >= 1999); // the last page may have merged with a neighbour
}

TEST_CASE("the loop may be left early and the file begun anew")
{
    maps_file maps;
    const auto first = maps.next();
    REQUIRE(first);
    const std::uintptr_t begin = first->begin;
    REQUIRE(maps.next());
    CHECK(maps.end_reached() == maps_end::none);
    maps.rewind();
    const auto again = maps.next();
    REQUIRE(again);
    CHECK(again->begin == begin);
}

TEST_CASE("the mapping of an address is found, as it is now")
{
    maps_file maps;
    std::uintptr_t address = 0;
    {
        const mapped_pages pages{1, PROT_NONE};
        address = pages.begin();
        const auto m = maps.find(address);
        REQUIRE(m);
        CHECK(m->contains(address));
        CHECK(m->permissions == mapping::permission_bits{});
        CHECK(m->path.empty());
    }
    const auto after = maps.find(address);
    CHECK((!after || after->permissions.read));
    CHECK_FALSE(maps.find(0));
    CHECK(maps.end_reached() == maps_end::complete);
}

TEST_CASE("the kernel's odd file names come through")
{
    const synthetic_proc proc;
    for (const auto& [name, shown] : std::initializer_list<std::pair<std::string, std::string>>{
             {"two  spaces ", "two  spaces "}, {std::string(250, '\n'), [] {
                                                    std::string escaped;
                                                    for (int i = 0; i < 250; ++i)
                                                        escaped += "\\012";
                                                    return escaped;
                                                }()}}) {
        const auto file = proc.directory() / name;
        const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(descriptor >= 0);
        REQUIRE(ftruncate(descriptor, 4096) == 0);
        const mapped_pages pages{1, PROT_READ, descriptor};
        close(descriptor);

        maps_file maps;
        auto m = maps.find(pages.begin());
        REQUIRE(m);
        CHECK(m->path == (proc.directory() / shown).native());
        CHECK(m->inode != 0);

        std::filesystem::remove(file);
        m = maps.find(pages.begin());
        REQUIRE(m);
        CHECK(m->path == (proc.directory() / shown).native() + " (deleted)");
    }
}

TEST_CASE("another process's mappings are read to the end while it lives")
{
    const sleeping_child child;
    maps_file maps{child.id()};
    CHECK(count(maps) >= 400);
    CHECK(maps.end_reached() == maps_end::complete);
}

TEST_CASE("a process that dies during the reading cuts the list short, and that is told")
{
    SUBCASE("it is a zombie yet")
    {
        const sleeping_child child;
        maps_file maps{child.id()};
        REQUIRE(maps.next());
        child.kill_and_leave_a_zombie();
        CHECK(count(maps) < 399);
        CHECK(maps.end_reached() == maps_end::cut_short);
    }
    SUBCASE("it has been waited for")
    {
        sleeping_child child;
        maps_file maps{child.id()};
        REQUIRE(maps.next());
        child.kill_and_wait();
        CHECK(count(maps) < 399);
        CHECK(maps.end_reached() == maps_end::cut_short);
    }
}

TEST_CASE("a zombie has no memory and a process waited for is gone")
{
    sleeping_child child;
    child.kill_and_leave_a_zombie();
    maps_file zombie{child.id()};
    CHECK_FALSE(zombie.next());
    CHECK(zombie.end_reached() == maps_end::no_memory);

    child.kill_and_wait();
    maps_file gone{child.id()};
    CHECK_FALSE(gone.next());
    CHECK(gone.end_reached() == maps_end::gone);
    CHECK_FALSE(gone.find(number(&child)));
    CHECK(gone.end_reached() == maps_end::gone);
}

TEST_CASE("a mount that does not exist is an error, not a process that is gone")
{
    CHECK_THROWS_AS(maps_file(process_id{1}, "/no/such/mount"), std::system_error);
    const synthetic_proc proc;
    CHECK_THROWS_AS(maps_file(heaplings::this_process, proc.root()), std::system_error);
}

TEST_CASE("reading and searching maps allocates nothing")
{
    // In a new thread each size has yet to be obtained: even a block freed at once would show.
    std::optional<heaplings::malloc_snapshot> before;
    std::optional<heaplings::malloc_snapshot> after;
    int mappings = 0;
    bool found = false;
    std::thread{[&] {
        before = heaplings::take_malloc_snapshot();
        maps_file maps;
        mappings = count(maps);
        found = maps.find(number(&maps)).has_value();
        after = heaplings::take_malloc_snapshot();
    }}.join();
    CHECK(mappings > 0);
    CHECK(found);
    if (before) {
        CHECK(*after - *before == heaplings::malloc_snapshot{});
    } else {
        MESSAGE("not checked: malloc is replaced here");
    }
}

TEST_SUITE_END();
