// Maps and smaps of processes that run, die and start another program meanwhile.
#include <heaplings/proc/maps.hpp>
#include <heaplings/proc/smaps.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

using heaplings::mapping;
using heaplings::maps_end;
using heaplings::maps_file;
using heaplings::page_size;
using heaplings::process_id;
using heaplings::smaps_file;

namespace {

std::uintptr_t number(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer);
}

template <typename File>
int count(File& maps)
{
    int n = 0;
    for ([[maybe_unused]] const auto& m : maps) ++n;
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

// A child process with many mappings that waits.
class waiting_child
{
public:
    waiting_child()
    {
        const mapped_pages many{400};
        many.split();
        int pipe[2];
        REQUIRE(pipe2(pipe, O_CLOEXEC) == 0);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            char go = 0;
            close(pipe[1]);
            if (read(pipe[0], &go, 1) == 1) execlp("sleep", "sleep", "1000", nullptr);
            _exit(1);
        }
        close(pipe[0]);
        start_ = pipe[1];
    }
    ~waiting_child()
    {
        kill_and_wait();
        close(start_);
    }
    waiting_child(const waiting_child&) = delete;
    waiting_child& operator=(const waiting_child&) = delete;

    [[nodiscard]] process_id id() const { return process_id{pid_}; }

    // Makes it another program, with an address space of its own.
    void call_exec() const
    {
        REQUIRE(write(start_, "", 1) == 1);
        pollfd until_it_is_closed{start_, 0, 0};
        REQUIRE(poll(&until_it_is_closed, 1, 60'000) == 1);
    }
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
    int start_ = -1;
    bool done_ = false;
};

} // namespace

TEST_SUITE_BEGIN("proc/maps and smaps, live");

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
    const waiting_child child;
    maps_file maps{child.id()};
    CHECK(count(maps) >= 400);
    CHECK(maps.end_reached() == maps_end::complete);
}

TEST_CASE_TEMPLATE("a process that dies during the reading cuts the list short, and that is told",
                   File, maps_file, smaps_file)
{
    SUBCASE("it is a zombie yet")
    {
        const waiting_child child;
        File maps{child.id()};
        REQUIRE(maps.next());
        child.kill_and_leave_a_zombie();
        CHECK(count(maps) < 399);
        CHECK(maps.end_reached() == maps_end::cut_short);
    }
    SUBCASE("it has been waited for")
    {
        waiting_child child;
        File maps{child.id()};
        REQUIRE(maps.next());
        child.kill_and_wait();
        CHECK(count(maps) < 399);
        CHECK(maps.end_reached() == maps_end::cut_short);
    }
}

TEST_CASE_TEMPLATE(
    "a process that calls exec during the reading cuts the list short, and that is told", File,
    maps_file, smaps_file)
{
    const waiting_child child;
    File maps{child.id()};
    REQUIRE(maps.next());
    child.call_exec();
    CHECK(count(maps) < 399);
    CHECK(maps.end_reached() == maps_end::cut_short);
    maps.rewind();
    CHECK_FALSE(maps.next()); // the file is still that of the old address space
    CHECK(maps.end_reached() == maps_end::no_memory);

    File anew{child.id()};
    CHECK(count(anew) > 0);
    CHECK(anew.end_reached() == maps_end::complete);
}

TEST_CASE_TEMPLATE("a zombie has no memory and a process waited for is gone", File, maps_file,
                   smaps_file)
{
    waiting_child child;
    child.kill_and_leave_a_zombie();
    File zombie{child.id()};
    CHECK_FALSE(zombie.next());
    CHECK(zombie.end_reached() == maps_end::no_memory);

    child.kill_and_wait();
    File gone{child.id()};
    CHECK_FALSE(gone.next());
    CHECK(gone.end_reached() == maps_end::gone);
    gone.rewind();
    CHECK_FALSE(gone.next());
    CHECK(gone.end_reached() == maps_end::gone);
}

TEST_SUITE_END();
