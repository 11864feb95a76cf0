// What the kernel's own process can't do once it has given it up: tried by the calls themselves, as if root
// inside had the kernel under control.
#include "kernel/host_protection.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

using namespace heaplings::tools;

namespace {

// In a child, in `folder`, after it has given everything up: the errno of what `attempt` did, 0 if it
// succeeded, 255 if protection failed.
int error_of(const std::filesystem::path& folder, const std::function<long()>& attempt)
{
    const pid_t child = ::fork();
    if (child == 0) {
        const std::filesystem::path writable = folder / "writable";
        const int fd = ::open(writable.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (::chdir(folder.c_str()) != 0 || !give_up_root_rights().empty() ||
            !give_up_other_changes().empty() || !give_up_changing_files(fd).empty()) {
            ::_exit(255);
        }
        ::_exit(attempt() < 0 ? errno : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct attempt
{
    const char* name;
    int expected;
    std::function<long()> run;
};

long closing(int fd)
{
    if (fd >= 0) ::close(fd);
    return fd;
}

// On a descriptor that is open for reading, which suffices for the owner.
long on_file(const std::function<long(int)>& change)
{
    const int fd = ::open("file", O_RDONLY | O_CLOEXEC);
    const long result = change(fd);
    const int error = errno;
    ::close(fd);
    errno = error;
    return result;
}

} // namespace

TEST_CASE("a process that has given it up can't change the host's files")
{
    if (!has_landlock()) {
        MESSAGE("no Landlock here: nothing to test");
        return;
    }
    const scratch_folder folder;
    std::filesystem::create_directory(folder.path / "writable");
    std::filesystem::create_directory(folder.path / "folder");
    std::ofstream{folder.path / "file"} << "precious";

    const attempt attempts[] = {
        {"read", 0, [] { return closing(::open("file", O_RDONLY | O_CLOEXEC)); }},
        {"write", EACCES, [] { return closing(::open("file", O_WRONLY | O_CLOEXEC)); }},
        {"append", EACCES, [] { return closing(::open("file", O_RDWR | O_APPEND | O_CLOEXEC)); }},
        {"create", EACCES, [] { return closing(::open("new", O_WRONLY | O_CREAT, 0600)); }},
        {"creat", EPERM, [] { return ::syscall(SYS_creat, "new", 0600); }},
        {"truncate", EPERM, [] { return static_cast<long>(::truncate("file", 0)); }},
        {"truncate by opening", EPERM, [] { return closing(::open("file", O_RDONLY | O_TRUNC)); }},
        {"remove", EACCES, [] { return static_cast<long>(::unlink("file")); }},
        {"rename", EACCES, [] { return static_cast<long>(::rename("file", "moved")); }},
        {"rename into another folder", EACCES,
         [] { return static_cast<long>(::rename("file", "writable/moved")); }},
        {"link", EACCES, [] { return static_cast<long>(::link("file", "link")); }},
        {"symlink", EACCES, [] { return static_cast<long>(::symlink("file", "link")); }},
        {"mkdir", EACCES, [] { return static_cast<long>(::mkdir("made", 0700)); }},
        {"rmdir", EACCES, [] { return static_cast<long>(::rmdir("folder")); }},
        {"mkfifo", EACCES, [] { return static_cast<long>(::mkfifo("fifo", 0600)); }},
        {"chmod", EPERM, [] { return static_cast<long>(::chmod("file", 0777)); }},
        {"fchmod", EPERM, [] { return on_file([](int fd) { return ::fchmod(fd, 0777); }); }},
        {"chown", EPERM, [] { return static_cast<long>(::chown("file", ::getuid(), ::getgid())); }},
        {"fchown", EPERM,
         [] { return on_file([](int fd) { return ::fchown(fd, ::getuid(), ::getgid()); }); }},
        {"utime", EPERM, [] { return static_cast<long>(::utime("file", nullptr)); }},
        {"futimens", EPERM, [] { return on_file([](int fd) { return ::futimens(fd, nullptr); }); }},
        {"setxattr", EPERM,
         [] { return static_cast<long>(::setxattr("file", "user.x", "1", 1, 0)); }},
        {"removexattr", EPERM, [] { return static_cast<long>(::removexattr("file", "user.x")); }},
        {"io_uring", EPERM, [] { return ::syscall(425, 1, nullptr); }},
        {"openat2", EPERM, [] { return ::syscall(437, AT_FDCWD, "file", nullptr, 0); }},
        {"a socket", EPERM, [] { return static_cast<long>(::socket(AF_UNIX, SOCK_STREAM, 0)); }},
        {"an unnamed file where it may", 0,
         [] { return closing(::open("writable", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); }},
        {"a named file there", EACCES,
         [] { return closing(::open("writable/new", O_WRONLY | O_CREAT, 0600)); }},
        {"/dev/null", 0, [] { return closing(::open("/dev/null", O_WRONLY | O_CLOEXEC)); }},
    };
    for (const attempt& each : attempts) {
        CAPTURE(each.name);
        const int error = error_of(folder.path, each.run);
        CHECK(std::string{std::strerror(error)} == std::strerror(each.expected));
    }
    std::ifstream file{folder.path / "file"};
    std::string text;
    file >> text;
    CHECK(text == "precious");
}

TEST_CASE("of root's rights none is left but to read")
{
    const scratch_folder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        if (!give_up_root_rights().empty()) ::_exit(2);
        ::execl("/bin/sh", "sh", "-c", "grep -qE '^CapEff:\t0*[04]$' /proc/self/status", nullptr);
        ::_exit(3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
}
