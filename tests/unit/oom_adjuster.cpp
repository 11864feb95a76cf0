#include <heaplings/oom_adjuster.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

using namespace heaplings::literals;
using heaplings::oom_badness;
using heaplings::oom_exemption;
using heaplings::oom_machine;
using heaplings::oom_score;
using heaplings::parse_error;
using heaplings::predict_oom_score;
using heaplings::process_id;
using heaplings::read_oom_score;
using heaplings::read_oom_score_adj;
using heaplings::read_status;
using heaplings::scoped_oom_score_adj;
using heaplings::write_oom_score_adj;

namespace {

// The machine on which tests/data/proc was recorded: 480,044 kB of RAM, no swap, pages of 4 KiB.
constexpr oom_machine recorded_machine{480'044 / 4, true};

// A child that waits to be killed.
class waiting_child
{
public:
    enum class kind {
        plain,
        leader_exited, // only a second thread is left
        in_vfork,      // has a child by vfork(2) that waits as well
    };

    explicit waiting_child(kind k = kind::plain) : pid_{fork()}
    {
        REQUIRE(pid_ >= 0);
        if (pid_ > 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (k == kind::leader_exited) {
            pthread_t second;
            pthread_create(&second, nullptr, wait_for_ever, nullptr);
            syscall(SYS_exit, 0); // this thread alone
        }
        if (k == kind::in_vfork) {
            // As vfork(2) does, which sanitizers make a fork(2) of.
            alignas(16) static std::array<char, 65'536> stack;
            clone(wait_for_parent, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD,
                  nullptr);
        }
        wait_for_ever(nullptr);
    }
    ~waiting_child() { kill_and_wait(); }
    waiting_child(const waiting_child&) = delete;
    waiting_child& operator=(const waiting_child&) = delete;

    [[nodiscard]] process_id id() const { return process_id{pid_}; }

    void kill_and_wait()
    {
        if (done_) return;
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        done_ = true;
    }

private:
    [[noreturn]] static void* wait_for_ever(void*)
    {
        for (;;) pause();
    }

    static int wait_for_parent(void*)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }

    pid_t pid_;
    bool done_ = false;
};

// What `call` says in a std::system_error with `error`; else what happened.
template <typename Call>
std::string refusal(int error, Call call)
{
    try {
        call();
    } catch (const std::system_error& e) {
        return e.code() == std::error_code{error, std::generic_category()}
                   ? e.what()
                   : "another error: " + std::string{e.what()};
    }
    return "no error";
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

// What the standard error takes until text() is called.
class captured_stderr
{
public:
    captured_stderr() : previous_{dup(STDERR_FILENO)}
    {
        REQUIRE(pipe(pipe_.data()) == 0);
        dup2(pipe_[1], STDERR_FILENO);
    }
    std::string text()
    {
        dup2(previous_, STDERR_FILENO);
        close(previous_);
        close(pipe_[1]);
        std::array<char, 4096> buffer;
        const ssize_t size = ::read(pipe_[0], buffer.data(), buffer.size());
        close(pipe_[0]);
        return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    }

private:
    int previous_;
    std::array<int, 2> pipe_{};
};

// No file may be written meanwhile: the way to have a restore refused without any privilege.
class no_file_may_grow
{
public:
    no_file_may_grow()
    {
        getrlimit(RLIMIT_FSIZE, &previous_);
        const rlimit none{0, previous_.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
    }
    ~no_file_may_grow()
    {
        setrlimit(RLIMIT_FSIZE, &previous_);
        std::signal(SIGXFSZ, previous_handler_);
    }
    no_file_may_grow(const no_file_may_grow&) = delete;
    no_file_may_grow& operator=(const no_file_may_grow&) = delete;

private:
    rlimit previous_{};
    void (*previous_handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

// What `call` returns in a child that is an ordinary user and not dumpable, and that has called
// `prepare` before it became so; nothing if the child can't become one.
template <typename Call, typename Prepare>
std::optional<std::string> as_ordinary_user(Call call, Prepare prepare)
{
    std::array<int, 2> ends;
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        constexpr uid_t nobody = 65534;
        prepare();
        if (geteuid() == 0 && setuid(nobody) != 0) _exit(1);
        prctl(PR_SET_DUMPABLE, 0); // setuid has done so already
        const std::string text = call();
        _exit(::write(ends[1], text.data(), text.size()) < 0 ? 1 : 0);
    }
    close(ends[1]);
    std::array<char, 4096> buffer;
    const ssize_t size = ::read(ends[0], buffer.data(), buffer.size());
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (size < 0 || status != 0) return std::nullopt;
    return std::string{buffer.data(), static_cast<std::size_t>(size)};
}

template <typename Call>
std::optional<std::string> as_ordinary_user(Call call)
{
    return as_ordinary_user(call, [] {});
}

// The calling thread gives CAP_SYS_RESOURCE up; other threads keep it.
void drop_sys_resource()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    syscall(SYS_capget, &header, data.data());
    data[CAP_SYS_RESOURCE / 32].effective &= ~(1U << (CAP_SYS_RESOURCE % 32));
    syscall(SYS_capset, &header, data.data());
}

// A process in a synthetic tree.
void add_process(const synthetic_proc& proc, int pid, std::string_view name, int resident_kb,
                 int adj)
{
    const auto directory = std::filesystem::path{proc.root()} / std::to_string(pid);
    std::filesystem::create_directories(directory);
    const std::string id = std::to_string(pid);
    std::ofstream{directory / "status"}
        << "Name:\t" << name << "\nState:\tS (sleeping)\nTgid:\t" << id << "\nPid:\t" << id
        << "\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t" << resident_kb
        << " kB\nVmPTE:\t0 kB\nVmSwap:\t0 kB\nThreads:\t1\n";
    std::ofstream{directory / "oom_score_adj"} << adj << '\n';
}

void add_meminfo(const synthetic_proc& proc, heaplings::bytes total)
{
    std::ofstream{proc.root() + "/meminfo"}
        << "MemTotal:  " << total.count() / 1024 / 2 << " kB\nMemFree:  0 kB\nBuffers: 0 kB\n"
        << "Cached:  0 kB\nSwapTotal:  " << total.count() / 1024 / 2 << " kB\nSwapFree:  0 kB\n";
}

// A process whose parent is `parent`.
std::optional<pid_t> child_of(process_id parent)
{
    heaplings::detail::pid_entries pids{"/proc"};
    while (const auto pid = pids.next()) {
        const auto s = read_status(process_id{*pid});
        if (s && s->parent == parent.pid()) return pid;
    }
    return std::nullopt;
}

// Whether the process waits without heeding signals, as vfork(2) lets the parent wait.
bool waits_in_vfork(process_id process)
{
    const auto s = read_status(process);
    return s && s->state == 'D';
}

bool scores_as_before_5_9()
{
    utsname kernel;
    uname(&kernel);
    int major = 0;
    int minor = 0;
    REQUIRE(std::sscanf(kernel.release, "%d.%d", &major, &minor) == 2);
    return major < 5 || (major == 5 && minor < 9);
}

} // namespace

TEST_SUITE_BEGIN("oom_adjuster");

TEST_CASE("the score of an idle process is 666, of all memory 1333, of the minimum 0")
{
    CHECK(oom_score(0, 1'000'000, 0) == 666);
    CHECK(oom_score(1'000'000, 1'000'000, 0) == 1333);
    CHECK(oom_score(0, 1'000'000, 1000) == 1333);
    CHECK(oom_score(1'000'000, 1'000'000, -1000) == 0);
    CHECK(oom_score(0, 1'000'000, -999) == 0);
    CHECK(oom_score(500'000, 1'000'000, -500) == 666);
}

TEST_CASE("adj counts in thousandths that are rounded down first")
{
    CHECK(oom_badness(100, 5311, 999) == 100 + 999 * 5);
    CHECK(oom_badness(100, 999, 1000) == 100);
    CHECK(oom_badness(100, 5311, -999) == 100 - 999 * 5);
    CHECK(oom_score(0, 5311, 999) == 1293); // 999 * 5311 / 1000 pages would make it 1332
    CHECK(oom_score(0, 5311, -100) == 604);
}

TEST_CASE("the scores of recorded processes are predicted exactly")
{
    if (heaplings::page_size() != 4_KiB) {
        MESSAGE("skipped: recorded with pages of 4 KiB");
        return;
    }
    const synthetic_proc proc;
    for (const std::string capture : {"weird", "huge", "init", "kthread", "zombie"}) {
        CAPTURE(capture);
        for (const std::string_view file : {"status", "oom_score", "oom_score_adj"}) {
            proc.copy(file, capture);
        }
        const auto p = predict_oom_score(proc.process, recorded_machine, proc.root());
        REQUIRE(p);
        CHECK(p->score == read_oom_score(proc.process, proc.root()));
        CHECK(p->exemption == (capture == "init"      ? oom_exemption::init
                               : capture == "kthread" ? oom_exemption::kernel_thread
                               : capture == "zombie"  ? oom_exemption::exited
                                                      : oom_exemption::none));
    }
    proc.copy("status", "init");
    const auto containers_init =
        predict_oom_score(proc.process, {recorded_machine.total_pages, false}, proc.root());
    REQUIRE(containers_init);
    CHECK(containers_init->score > 0);
}

TEST_CASE("pages in RAM, in swap and of page tables count, those of hugetlb do not")
{
    const synthetic_proc proc;
    const auto page_kb = heaplings::page_size() / 1_KiB;
    const auto kilobytes = [&](int pages) { return std::to_string(pages * page_kb) + " kB\n"; };
    proc.write("status", "Name:\ta\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\n"
                         "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t" +
                             kilobytes(100) + "VmPTE:\t" + kilobytes(20) + "VmSwap:\t" +
                             kilobytes(3) + "HugetlbPages:\t" + kilobytes(5000) + "Threads:\t1\n");
    proc.write("oom_score_adj", "-2\n");
    const auto p = predict_oom_score(proc.process, {10'999, true}, proc.root());
    REQUIRE(p);
    CHECK(p->pages() == 123);
    CHECK(p->adj == -2);
    CHECK(p->badness == 103);
    CHECK(p->score == oom_score(123, 10'999, -2));
}

TEST_CASE("a live thread tells the size of a process whose first thread has exited")
{
    const synthetic_proc proc;
    for (const std::string_view file : {"status", "oom_score", "oom_score_adj"}) {
        proc.copy(file, "leadergone");
    }
    std::filesystem::create_directories(proc.directory() / "task" / "4242");
    std::filesystem::create_directories(proc.directory() / "task" / "4243");
    const std::filesystem::path thread = std::filesystem::path{proc.root()} / "4243";
    std::filesystem::create_directories(thread);
    std::filesystem::copy_file(std::filesystem::path{HEAPLINGS_TEST_DATA} / "proc/thread/status",
                               thread / "status");
    const auto p = predict_oom_score(proc.process, recorded_machine, proc.root());
    REQUIRE(p);
    CHECK(p->resident == 66404_KiB);
    CHECK(p->page_tables == 176_KiB);
    CHECK(p->exemption == oom_exemption::none);
    if (heaplings::page_size() == 4_KiB) {
        CHECK(p->score == read_oom_score(proc.process, proc.root()));
    }
}

TEST_CASE("malformed scores are errors")
{
    const synthetic_proc proc;
    for (const std::string text : {"", "\n", "x\n", "12", "-1\n", "99999999999\n", "1 2\n"}) {
        CAPTURE(text);
        proc.write("oom_score", text);
        CHECK_THROWS_AS(static_cast<void>(read_oom_score(proc.process, proc.root())), parse_error);
    }
    for (const std::string text : {"", "-\n", "1001\n", "-1001\n", "--1\n", "+1\n", "5", "1 2\n"}) {
        CAPTURE(text);
        proc.write("oom_score_adj", text);
        CHECK_THROWS_AS(static_cast<void>(read_oom_score_adj(proc.process, proc.root())),
                        parse_error);
    }
    proc.write("oom_score_adj", "-1000\n");
    CHECK(read_oom_score_adj(proc.process, proc.root()) == -1000);
    CHECK_FALSE(read_oom_score(process_id{4243}, proc.root()));
    CHECK_FALSE(read_oom_score_adj(process_id{4243}, proc.root()));
}

TEST_CASE("the greatest badness is the next victim, and the words say why")
{
    const synthetic_proc proc;
    std::filesystem::remove(proc.directory());
    add_meminfo(proc, 100'000 * heaplings::page_size());
    const auto kilobytes = [](int pages) {
        return static_cast<int>((pages * heaplings::page_size()).count() / 1024);
    };
    add_process(proc, 10, "big", kilobytes(30'000), 0);
    add_process(proc, 11, "volunteer", kilobytes(100), 300);
    add_process(proc, 12, "protected", kilobytes(50'000), -400);
    add_process(proc, 13, "exempt", kilobytes(90'000), -1000);
    add_process(proc, 14, "twin", kilobytes(30'000), 0);
    std::filesystem::create_directory(proc.root() + "/15"); // cannot be read

    const auto ranking = heaplings::rank_by_oom_badness(proc.root());
    REQUIRE(ranking.candidates.size() == 4);
    CHECK(ranking.candidates[0].pid == 11);
    CHECK(ranking.candidates[1].pid == 14);
    CHECK(ranking.candidates[2].pid == 10);
    CHECK(ranking.candidates[3].pid == 12);
    CHECK(ranking.next_victim() == &ranking.candidates[0]);
    CHECK(ranking.exempt == 1);
    CHECK(ranking.unreadable == 1);

    const std::string why = explain_next_victim(ranking);
    CAPTURE(why);
    CHECK(why.starts_with("next victim: pid 11 (volunteer), badness 30100 pages of 100000\n"
                          "it has 100 pages (resident "));
    CHECK(contains(why, "oom_score_adj 300 counts as 30000 pages more\n"
                        "next in line: pid 14 (twin), badness 30000 pages\n"));
    CHECK(why.ends_with("not considered: 1 processes that may not be read\n"));
}

TEST_CASE("a machine where all are exempt has no next victim")
{
    const synthetic_proc proc;
    std::filesystem::remove(proc.directory());
    add_meminfo(proc, 1_GiB);
    add_process(proc, 13, "exempt", 4, -1000);
    const auto ranking = heaplings::rank_by_oom_badness(proc.root());
    CHECK(ranking.next_victim() == nullptr);
    CHECK(explain_next_victim(ranking) == "no process may be killed: the kernel would panic\n");
}

TEST_CASE("the next victim of this machine has as great a score as any")
{
    if (scores_as_before_5_9()) {
        MESSAGE("skipped: this kernel computes oom_score as before Linux 5.9");
        return;
    }
    heaplings::oom_ranking ranking;
    int victims_score = 0;
    int greatest = 0;
    for (int attempt = 0; attempt < 5; ++attempt) { // processes come and go between the readings
        ranking = heaplings::rank_by_oom_badness();
        REQUIRE(ranking.next_victim() != nullptr);
        victims_score = read_oom_score(process_id{ranking.next_victim()->pid}).value_or(-1);
        greatest = 0;
        heaplings::detail::pid_entries pids{"/proc"};
        while (const auto pid = pids.next()) {
            greatest = std::max(greatest, read_oom_score(process_id{*pid}).value_or(0));
        }
        if (victims_score == greatest) break;
    }
    CHECK(victims_score == greatest);
    MESSAGE(explain_next_victim(ranking));
}

TEST_CASE("of this machine's processes 99 % have the score that is predicted")
{
    if (scores_as_before_5_9()) {
        MESSAGE("skipped: this kernel computes oom_score as before Linux 5.9");
        return;
    }
    constexpr int attempts = 5; // memory comes and goes between the readings
    const oom_machine machine = heaplings::read_oom_machine();
    int processes = 0;
    int at_once = 0;
    int exact = 0;
    int in_vfork = 0;
    heaplings::detail::pid_entries pids{"/proc"};
    while (const auto pid = pids.next()) {
        std::optional<int> score;
        std::optional<heaplings::oom_prediction> p;
        int attempt = 0;
        do {
            p = predict_oom_score(process_id{*pid}, machine);
            score = read_oom_score(process_id{*pid});
        } while (p && score && p->score != *score && ++attempt < attempts);
        if (!p || !score) continue;
        ++processes;
        if (attempt == 0) ++at_once;
        if (p->score == *score) {
            ++exact;
            continue;
        }
        const auto s = read_status(process_id{*pid});
        const char* reason = "its memory changes all the time";
        if (*score == 0) reason = "its memory has been reaped";
        if (*score == 0 && s && waits_in_vfork(process_id{s->parent})) {
            reason = "a child of vfork, which can't be predicted";
            ++in_vfork;
        }
        MESSAGE("pid " << *pid << " (" << p->name << "): predicted " << p->score << " from "
                       << p->pages() << " pages and adj " << p->adj << ", the kernel says "
                       << *score << ": " << reason);
    }
    MESSAGE(exact << " of " << processes << " processes exact, " << at_once
                  << " at the first attempt");
    CHECK(processes > 0);
    CHECK((exact + in_vfork) * 100 >= processes * 99);
}

TEST_CASE("a child of vfork that has not called exec scores 0, which can't be predicted")
{
    if (scores_as_before_5_9()) {
        MESSAGE("skipped: this kernel computes oom_score as before Linux 5.9");
        return;
    }
    const waiting_child parent{waiting_child::kind::in_vfork};
    const auto ended = [&] { return read_status(parent.id())->state == 'Z'; };
    std::optional<pid_t> child;
    while (!(child && waits_in_vfork(parent.id())) && !ended()) child = child_of(parent.id());
    REQUIRE(child);
    CHECK(read_oom_score(process_id{*child}) == 0);
    CHECK(predict_oom_score(process_id{*child}, heaplings::read_oom_machine())->score > 0);
    ::kill(*child, SIGKILL);
}

TEST_CASE("each value of adj that may be set has the score that is predicted")
{
    if (scores_as_before_5_9()) {
        MESSAGE("skipped: this kernel computes oom_score as before Linux 5.9");
        return;
    }
    const oom_machine machine = heaplings::read_oom_machine();
    const waiting_child child;
    int values = 0;
    int exact = 0;
    for (int adj = *read_oom_score_adj(child.id()); adj <= heaplings::oom_score_adj_max; ++adj) {
        write_oom_score_adj(adj, child.id());
        const auto p = predict_oom_score(child.id(), machine);
        REQUIRE(p);
        CHECK(p->adj == adj);
        ++values;
        if (p->score == read_oom_score(child.id())) ++exact;
    }
    MESSAGE(exact << " of " << values << " values exact");
    CHECK(exact == values);
}

TEST_CASE("a live process whose first thread has exited is predicted exactly")
{
    const waiting_child child{waiting_child::kind::leader_exited};
    while (read_status(child.id())->state != 'Z') std::this_thread::yield();
    const auto p = predict_oom_score(child.id(), heaplings::read_oom_machine());
    REQUIRE(p);
    CHECK(p->resident > 0_B);
    if (!scores_as_before_5_9()) CHECK(p->score == read_oom_score(child.id()));
}

TEST_CASE("a raised value is seen at once, raises the score, and is back at the end of scope")
{
    const waiting_child child;
    const int before = *read_oom_score_adj(child.id());
    const int score_before = *read_oom_score(child.id());
    REQUIRE(before < 900);
    {
        const scoped_oom_score_adj outer{before + 50, child.id()};
        CHECK(outer.previous() == before);
        CHECK(read_oom_score_adj(child.id()) == before + 50);
        CHECK(*read_oom_score(child.id()) > score_before);
        {
            const scoped_oom_score_adj inner{before + 100, child.id()};
            CHECK(inner.previous() == before + 50);
            CHECK(read_oom_score_adj(child.id()) == before + 100);
        }
        CHECK(read_oom_score_adj(child.id()) == before + 50);
    }
    CHECK(read_oom_score_adj(child.id()) == before);
}

TEST_CASE("the value of this process is restored when an exception leaves the scope")
{
    const int before = *read_oom_score_adj();
    try {
        const scoped_oom_score_adj first_to_go{1000};
        CHECK(read_oom_score_adj() == 1000);
        throw std::runtime_error{"leave"};
    } catch (const std::runtime_error&) {
        CHECK(read_oom_score_adj() == before);
    }
}

TEST_CASE("restore() gives the value back early, and the end of scope leaves it alone")
{
    const waiting_child child;
    const int before = *read_oom_score_adj(child.id());
    {
        scoped_oom_score_adj raised{1000, child.id()};
        CHECK(raised.restore());
        CHECK_FALSE(raised.failure());
        CHECK(read_oom_score_adj(child.id()) == before);
        write_oom_score_adj(999, child.id());
    }
    CHECK(read_oom_score_adj(child.id()) == 999);
}

TEST_CASE("a process that is gone has nothing to restore")
{
    waiting_child child;
    captured_stderr output;
    {
        scoped_oom_score_adj raised{1000, child.id()};
        child.kill_and_wait();
        CHECK(raised.restore());
    }
    CHECK(output.text().empty());
}

TEST_CASE("a restore that is refused is told: to who asks, else on stderr")
{
    const synthetic_proc proc;
    proc.write("oom_score_adj", "7\n");
    SUBCASE("restore() says so and may be called again")
    {
        scoped_oom_score_adj scoped{9, proc.process, proc.root()};
        CHECK(read_oom_score_adj(proc.process, proc.root()) == 9);
        {
            const no_file_may_grow refused;
            CHECK_FALSE(scoped.restore());
        }
        CHECK(scoped.failure() == std::errc::file_too_large);
        CHECK(refusal(EFBIG, [&] { scoped.throw_failure(); }) ==
              "cannot write 7 to " + (proc.directory() / "oom_score_adj").native() +
                  ": File too large");
        CHECK(scoped.restore());
        CHECK_FALSE(scoped.failure());
        scoped.throw_failure();
        CHECK(read_oom_score_adj(proc.process, proc.root()) == 7);
    }
    SUBCASE("the end of scope prints it")
    {
        captured_stderr output;
        {
            std::optional<scoped_oom_score_adj> scoped;
            scoped.emplace(9, proc.process, proc.root());
            const no_file_may_grow refused;
            scoped.reset();
        }
        CHECK(output.text() == "heaplings: cannot restore 7 in " +
                                   (proc.directory() / "oom_score_adj").native() +
                                   ": File too large\n");
    }
}

TEST_CASE("a value out of range is refused by the kernel, and the words name the range")
{
    const waiting_child child;
    for (const int adj : {1001, -1001, 2'000'000'000}) {
        CAPTURE(adj);
        const std::string text = refusal(EINVAL, [&] { write_oom_score_adj(adj, child.id()); });
        CHECK(text.starts_with("cannot write " + std::to_string(adj) + " to /proc/"));
        CHECK(contains(text, "(the range is -1000 to 1000)"));
    }
}

TEST_CASE("a process that is gone can't be written")
{
    waiting_child child;
    child.kill_and_wait();
    const auto write = [&] { write_oom_score_adj(0, child.id()); };
    CHECK(contains(refusal(ESRCH, write), "/oom_score_adj: No such process"));
    CHECK(contains(refusal(ESRCH,
                           [&] {
                               const scoped_oom_score_adj s{0, child.id()};
                           }),
                   "/oom_score_adj: No such process"));
    CHECK(contains(refusal(ENOENT, [] { write_oom_score_adj(0, process_id{1}, "/no/such"); }),
                   "/no/such/1/oom_score_adj"));
}

TEST_CASE("the capability that the kernel shows in status is the one that is found")
{
    const auto effective = read_status()->effective_capabilities;
    REQUIRE(effective);
    CHECK(heaplings::has_sys_resource_capability() == ((*effective >> CAP_SYS_RESOURCE & 1) != 0));
    if (!heaplings::has_sys_resource_capability())
        CHECK_FALSE(heaplings::may_lower_oom_score_adj());
}

TEST_CASE("who may not lower the value is told that it takes CAP_SYS_RESOURCE")
{
    const waiting_child child;
    const int before = *read_oom_score_adj(child.id());
    if (before == heaplings::oom_score_adj_min) {
        MESSAGE("skipped: this process is at the minimum already");
        return;
    }
    if (heaplings::may_lower_oom_score_adj()) {
        write_oom_score_adj(before - 1, child.id());
        CHECK(read_oom_score_adj(child.id()) == before - 1);
        write_oom_score_adj(before, child.id());
    }
    std::string text;
    std::thread{[&] {
        drop_sys_resource(); // if there
        text = refusal(EACCES, [&] { write_oom_score_adj(-1000, child.id()); });
    }}.join();
    CAPTURE(text);
    CHECK(contains(text, "CAP_SYS_RESOURCE"));
    CHECK(contains(text, "whoever its user"));
    CHECK(text.ends_with("Permission denied"));
    CHECK(read_oom_score_adj(child.id()) == before);
}

TEST_CASE("what was raised with CAP_SYS_RESOURCE can't be restored without")
{
    if (!heaplings::may_lower_oom_score_adj()) {
        MESSAGE("skipped: this process has no CAP_SYS_RESOURCE");
        return;
    }
    const waiting_child child;
    const int before = *read_oom_score_adj(child.id());
    std::thread{[&] {
        captured_stderr output;
        {
            const scoped_oom_score_adj raised{1000, child.id()};
            drop_sys_resource();
        }
        CHECK(contains(output.text(), "Permission denied: lower than the value last set"));
    }}.join();
    CHECK(read_oom_score_adj(child.id()) == 1000);
    write_oom_score_adj(before, child.id());
}

TEST_CASE("CAP_SYS_RESOURCE of a user namespace does not count")
{
    if (!heaplings::has_sys_resource_capability() || heaplings::in_first_user_namespace()) {
        MESSAGE("skipped: this process is not such a one (try unshare -r)");
        return;
    }
    CHECK_FALSE(heaplings::may_lower_oom_score_adj());
    CHECK(contains(refusal(EACCES, [] { write_oom_score_adj(-1000); }), "this user namespace"));
}

TEST_CASE("a process that is not dumpable can't open its own file, which the words explain")
{
    const auto text =
        as_ordinary_user([] { return refusal(EACCES, [] { write_oom_score_adj(1000); }); });
    if (!text) {
        MESSAGE("skipped: can't become an ordinary user");
        return;
    }
    CHECK(text->starts_with("cannot open /proc/self/oom_score_adj (the process is not dumpable"));
}

TEST_CASE("a scope entered before the process ceased to be dumpable restores after it")
{
    const int before = *read_oom_score_adj();
    std::optional<scoped_oom_score_adj> raised;
    const auto text = as_ordinary_user(
        [&] {
            const bool restored = raised->restore();
            return (restored ? "restored " : "failed ") + std::to_string(*read_oom_score_adj());
        },
        [&] {
            drop_sys_resource(); // with it the raised value would be the lowest allowed
            raised.emplace(1000);
        });
    if (!text) {
        MESSAGE("skipped: can't become an ordinary user");
        return;
    }
    CHECK(*text == "restored " + std::to_string(before));
}

TEST_CASE("another user's process can't be adjusted, which the words explain")
{
    const pid_t other = geteuid() == 0 ? getpid() : 1;
    const auto text = as_ordinary_user([&] {
        if (other == 1 && read_status(process_id{1})->uid.effective == geteuid()) {
            return std::string{"own"};
        }
        return refusal(EACCES, [&] { write_oom_score_adj(1000, process_id{other}); });
    });
    if (!text || *text == "own") {
        MESSAGE("skipped: there is no other user's process");
        return;
    }
    CHECK(contains(*text, "(the process belongs to another user): Permission denied"));
}

TEST_SUITE_END();
