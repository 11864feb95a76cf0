#include <heaplings/proc/stat.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

using namespace heaplings::literals;
using namespace std::chrono_literals;
using heaplings::bytes;
using heaplings::page_size;
using heaplings::parse_error;
using heaplings::process_id;
using heaplings::process_kind;
using heaplings::process_stat;
using heaplings::process_state;
using heaplings::read_stat;

namespace {

process_stat recorded(std::string_view capture)
{
    const synthetic_proc proc;
    proc.copy("stat", capture);
    const auto process = read_stat(proc.process, proc.root());
    REQUIRE(process);
    return *process;
}

// The name that stat gives of this thread while it is called `name`.
std::string shown(const char* name)
{
    char old[16];
    REQUIRE(prctl(PR_GET_NAME, old) == 0);
    REQUIRE(prctl(PR_SET_NAME, name) == 0);
    const auto process = read_stat(process_id{getpid()});
    prctl(PR_SET_NAME, old);
    REQUIRE(process);
    return std::string{process->name.view()};
}

} // namespace

TEST_SUITE_BEGIN("proc/stat");

TEST_CASE("each field has its value, in bytes and milliseconds")
{
    const synthetic_proc proc;
    proc.write("stat",
               "4242 (cat) R 3 4242 5 34816 -1 4194304 11 12 13 14 15 16 17 18 20 -5 3 0 700 "
               "8192000 321 18446744073709551615 1001 1002 1003 1004 1005 0 1 2 3 0 0 0 17 1 "
               "0 0 6 7 8 2001 2002 2003 2004 2005 2006 2007 9\n");
    const auto process = read_stat(proc.process, proc.root());
    REQUIRE(process);
    CHECK(process->pid == 4242);
    CHECK(process->name == "cat");
    CHECK(process->state == process_state::running);
    CHECK(process->parent == 3);
    CHECK(process->process_group == 4242);
    CHECK(process->session == 5);
    CHECK(process->flags == 4194304);
    CHECK(process->faults.minor == 11);
    CHECK(process->children_faults.minor == 12);
    CHECK(process->faults.major == 13);
    CHECK(process->children_faults.major == 14);
    const auto tick = 1000ms / sysconf(_SC_CLK_TCK);
    CHECK(process->time.user == 15 * tick);
    CHECK(process->time.system == 16 * tick);
    CHECK(process->children_time.user == 17 * tick);
    CHECK(process->children_time.system == 18 * tick);
    CHECK(process->priority == 20);
    CHECK(process->nice == -5);
    CHECK(process->threads == 3);
    CHECK(process->start_time == 700 * tick);
    CHECK(process->size == 8192000_B);
    CHECK(process->resident == 321 * page_size());
    CHECK_FALSE(process->resident_limit);
    CHECK(process->start_code == 1001);
    CHECK(process->end_code == 1002);
    CHECK(process->start_stack == 1003);
    CHECK(process->start_data == 2001);
    CHECK(process->end_data == 2002);
    CHECK(process->start_break == 2003);
}

TEST_CASE("recorded processes are told apart by kind, whatever they are called")
{
    const process_stat weird = recorded("weird");
    CHECK(weird.name == "we(ird) \n n");
    CHECK(weird.state == process_state::sleeping);
    CHECK(weird.parent == 1);
    CHECK(weird.kind() == process_kind::program);
    CHECK(weird.resident == 3124 * page_size());

    const process_stat init = recorded("init");
    CHECK(init.name == "init [lab] (1)");
    CHECK(init.pid == 1);
    CHECK(init.kind() == process_kind::program);

    CHECK(recorded("huge").kind() == process_kind::program);
    CHECK(recorded("kthread").kind() == process_kind::kernel_thread);
    CHECK(recorded("zombie").kind() == process_kind::zombie);
    CHECK(recorded("leadergone").kind() == process_kind::leader_exited);
    CHECK(recorded("leadergone").threads == 2);
    CHECK(recorded("leadergone").resident == 0_B);
    const process_stat thread = recorded("thread"); // of the exited leader
    CHECK(thread.pid == 89);
    CHECK(thread.kind() == process_kind::program);
    CHECK(thread.resident == 16601 * page_size());
}

TEST_CASE("a name may hold anything, up to 64 bytes of it")
{
    const synthetic_proc proc;
    const std::string rest = " S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
                             "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    for (const std::string name :
         {"", " ", ")", "(", ") R 1 (", "a\nb", "\xff\xfe", ") Z 1 1 1 0"}) {
        CAPTURE(name);
        proc.write("stat", "7 (" + name + ")" + rest);
        const auto process = read_stat(proc.process, proc.root());
        REQUIRE(process);
        CHECK(process->name == name);
        CHECK(process->state == process_state::sleeping);
    }
    proc.write("stat", "7 (" + std::string(64, ')') + ")" + rest);
    CHECK(read_stat(proc.process, proc.root())->name == std::string(64, ')'));
    proc.write("stat", "7 (" + std::string(65, 'x') + ")" + rest);
    CHECK_THROWS_AS(static_cast<void>(read_stat(proc.process, proc.root())), parse_error);
}

TEST_CASE("numbers of 64 bits are read in full, sizes and times beyond are refused")
{
    const synthetic_proc proc;
    const auto with = [&](const std::string& children_time, const std::string& size) {
        proc.write("stat", "7 (x) S 1 1 1 0 -1 0 18446744073709551615 0 0 0 0 0 " + children_time +
                               " 0 -9223372036854775808 9223372036854775807 1 0 0 " + size +
                               " 0 9223372036854775807 18446744073709551615 0 0 "
                               "18446744073709551615 0 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
        return read_stat(proc.process, proc.root());
    };
    const auto process = with("-5", "9223372036854775807");
    REQUIRE(process);
    CHECK(process->faults.minor == std::numeric_limits<std::uint64_t>::max());
    CHECK(process->children_time.user < 0ms);
    CHECK(process->priority == std::numeric_limits<std::int64_t>::min());
    CHECK(process->nice == std::numeric_limits<std::int64_t>::max());
    CHECK(process->size == bytes{std::numeric_limits<std::int64_t>::max()});
    CHECK(process->resident_limit == bytes{std::numeric_limits<std::int64_t>::max()});
    CHECK(process->start_code == std::numeric_limits<std::uintptr_t>::max());
    CHECK_THROWS_AS(with("9223372036854775807", "0"), parse_error);
    CHECK_THROWS_AS(with("-9223372036854775808", "0"), parse_error);
    CHECK_THROWS_AS(with("0", "9223372036854775808"), parse_error);
}

TEST_CASE("a malformed stat is an error that names file and text")
{
    const synthetic_proc proc;
    const std::string numbers =
        " 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "
        "0 0 0 0 0 0 0 0 0 0 0";
    for (const std::string& text :
         {std::string{}, std::string{"\n"}, std::string{"7 (cat\n"}, "x (cat) S" + numbers + "\n",
          "7 cat) S" + numbers + "\n", "7 (cat)" + numbers + "\n", "7 (cat) S" + numbers,
          std::string{"7 (cat) S 1 2 3\n"}, "7 (cat) S x" + numbers + "\n",
          "7 (cat) S -" + numbers + "\n", "99999999999 (cat) S" + numbers + "\n"}) {
        CAPTURE(text);
        proc.write("stat", text);
        try {
            static_cast<void>(read_stat(proc.process, proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "stat").native());
            CHECK(error.line() == 1);
            CHECK(error.text() == text);
        }
    }
}

TEST_CASE("this process is found as the system's calls describe it")
{
    const auto process = read_stat();
    REQUIRE(process);
    CHECK(process->pid == getpid());
    CHECK(process->parent == getppid());
    CHECK(process->process_group == getpgid(0));
    CHECK(process->session == getsid(0));
    CHECK(process->threads >= 1);
    CHECK(process->resident > 0_B);
    CHECK(process->size >= process->resident);
    CHECK(process->start_time > 0ms);
    CHECK(process->kind() == process_kind::program);
}

TEST_CASE("names that the kernel passes on raw come through")
{
    for (const char* name : {"two  words", "a) R 1 (b", "line\nbreak", ")))", "((("}) {
        CHECK(shown(name) == name);
    }
}

TEST_CASE("a zombie is seen as such until it is waited for, and then is gone")
{
    exited_child child;
    const auto process = read_stat(child.id());
    REQUIRE(process);
    CHECK(process->kind() == process_kind::zombie);
    CHECK(process->parent == getpid());
    CHECK(process->size == 0_B);

    child.wait();
    CHECK_FALSE(read_stat(child.id()));
}

TEST_CASE("a process whose first thread has exited is no zombie")
{
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::thread{[] { pause(); }}.detach();
        syscall(SYS_exit, 0); // pthread_exit would unwind through the test's main
    }
    std::optional<process_stat> process;
    do {
        std::this_thread::yield();
        process = read_stat(process_id{child});
    } while (process && process->state != process_state::zombie);
    REQUIRE(process);
    CHECK(process->kind() == process_kind::leader_exited);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

TEST_SUITE_END();
