#include <heaplings/oom_adjuster/adjustment.hpp>

#include "synthetic_proc.hpp"
#include "waiting_child.hpp"

#include <heaplings/oom_adjuster/capability.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/status.hpp>

#include <doctest/doctest.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

using heaplings::process_id;
using heaplings::read_oom_score;
using heaplings::read_oom_score_adj;
using heaplings::read_status;
using heaplings::scoped_oom_score_adj;
using heaplings::write_oom_score_adj;

namespace {

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

} // namespace

TEST_SUITE_BEGIN("oom_adjuster");

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
