#include "guarded_shell.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <grp.h>
#include <linux/capability.h>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

bool become_ordinary_user()
{
    constexpr uid_t ordinary = 54'321;
    return ::setgroups(0, nullptr) == 0 && ::setresgid(ordinary, ordinary, ordinary) == 0 &&
           ::setresuid(ordinary, ordinary, ordinary) == 0;
}

bool give_up_changing_user()
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct sets[2]{};
    if (::syscall(SYS_capget, &header, sets) != 0) return false;
    sets[0].effective &= ~(1U << CAP_SETUID);
    sets[0].permitted &= ~(1U << CAP_SETUID);
    return ::syscall(SYS_capset, &header, sets) == 0;
}

// Whether this is a root that can become another user. Some can't: in a container with one user.
bool may_change_user()
{
    if (::geteuid() != 0) return false;
    child_process attempt{[] { ::_exit(become_ordinary_user() ? 0 : 1); }};
    return attempt.wait() == 0;
}

// Runs the other test cases again in a child that `become` has changed: all but the slow ones, for
// which it does not matter who runs them.
bool all_pass_after(const std::function<bool()>& become)
{
    child_process again{[&] {
        if (!become()) ::_exit(1);
        ::prctl(PR_SET_DUMPABLE, 1); // owns its files in /proc again, as after exec
        doctest::Context all;
        all.setOption("no-intro", true);
        all.setOption("minimal", true);
        all.addFilter("test-suite-exclude", "as another user");
        all.addFilter("test-case-exclude", "of processor time*");
        ::_exit(all.run());
    }};
    const int status = again.wait();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

// What root can do, an ordinary user and a root without this right must do in another way.
TEST_SUITE("as another user")
{
    TEST_CASE("started by root the program's is an unknown one, who may read root's files and not "
              "write them")
    {
        if (!may_change_user()) return;
        const scratch_folder folder; // mode 0700
        const auto file = folder.path / "file";
        std::ofstream{file} << "of root\n";
        ::chmod(file.c_str(), 0600);
        const outcome ended =
            run("id -u; cat " + file.string() + "; echo written > " + file.string());
        CHECK(ended.output.find("of root") != std::string::npos);
        CHECK(ended.output.find("Permission denied") != std::string::npos);
        CHECK(std::stol(ended.output) != 0);
        CHECK(content(file) == "of root\n");
    }

    TEST_CASE("everything holds for an ordinary user")
    {
        if (!may_change_user()) return;
        CHECK(all_pass_after(become_ordinary_user));
    }

    TEST_CASE("everything holds for root without the right to become another user")
    {
        if (!may_change_user()) return;
        CHECK(all_pass_after(give_up_changing_user));
    }
}
