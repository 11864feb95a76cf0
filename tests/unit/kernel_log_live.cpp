// Reading the log of this machine, where one may, and being told where one may not.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_texts.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

using heaplings::read_kernel_buffer;
using heaplings::read_kmsg;

namespace {

// What `action` says of its failure; empty if it does not fail.
template <typename Action>
std::string refusal_of(Action action)
{
    try {
        static_cast<void>(action());
        return {};
    } catch (const std::system_error& error) {
        return error.what();
    }
}

// Gives up all capabilities of the calling thread.
void drop_capabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
    syscall(SYS_capset, &header, none);
}

// The same in a child process that has no capability.
template <typename Action>
std::string refusal_without_capabilities(Action action)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        drop_capabilities();
        const std::string refusal = refusal_of(action);
        const ssize_t written = write(ends[1], refusal.data(), refusal.size());
        _exit(written == static_cast<ssize_t>(refusal.size()) ? 0 : 1);
    }
    close(ends[1]);
    std::string refusal;
    char buffer[512];
    for (ssize_t size; (size = read(ends[0], buffer, sizeof buffer)) > 0;) {
        refusal.append(buffer, static_cast<std::size_t>(size));
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    return refusal;
}

bool dmesg_is_restricted()
{
    int restricted = 0;
    std::ifstream{"/proc/sys/kernel/dmesg_restrict"} >> restricted;
    return restricted != 0;
}

} // namespace

TEST_CASE("a file in the place of /dev/kmsg is read whole")
{
    const auto path = kernel_log_texts::recorded("vm_6.1.0_global_kmsg.txt");
    CHECK(read_kmsg(path) == kernel_log_texts::read_file(path));
}

TEST_CASE("a missing device is told, with where that is usual")
{
    const scratch_folder folder;
    const std::string path = folder.path / "kmsg";
    CHECK(refusal_of([&] { return read_kmsg(path); }) ==
          "cannot open " + path +
              " (a container mostly has no kernel log): No such file or directory");
}

TEST_CASE("a device that can't be read is told")
{
    const scratch_folder folder;
    const std::string path = folder.path;
    CHECK(refusal_of([&] { return read_kmsg(path); }) ==
          "cannot read " + path + ": Is a directory");
}

TEST_CASE("the kernel log is read, or the missing permission is named")
{
    for (const auto& read :
         {std::function{[] { return read_kmsg(); }}, std::function{read_kernel_buffer},
          std::function{heaplings::read_kernel_log}}) {
        const std::string refusal = refusal_of(read);
        CAPTURE(refusal);
        if (refusal.empty()) {
            static_cast<void>(heaplings::read_oom_reports(read()));
        } else {
            const bool named = refusal.find("CAP_SYSLOG") != std::string::npos ||
                               refusal.find("permissions") != std::string::npos ||
                               refusal.find("container") != std::string::npos ||
                               refusal.find("filter") != std::string::npos;
            CHECK(named);
        }
    }
}

TEST_CASE("without the capability the refusal names it, where the log is restricted")
{
    const std::string of_buffer = refusal_without_capabilities(read_kernel_buffer);
    CAPTURE(of_buffer);
    if (dmesg_is_restricted()) {
        CHECK(of_buffer.starts_with("cannot read the kernel log (kernel.dmesg_restrict is 1"));
        CHECK(of_buffer.find("CAP_SYSLOG") != std::string::npos);
    } else {
        CHECK(of_buffer.find("dmesg_restrict") == std::string::npos);
    }
    const std::string of_kmsg = refusal_without_capabilities([] { return read_kmsg(); });
    CAPTURE(of_kmsg);
    if (dmesg_is_restricted() && access("/dev/kmsg", R_OK) == 0) {
        CHECK(of_kmsg.find("CAP_SYSLOG") != std::string::npos);
    }
}
