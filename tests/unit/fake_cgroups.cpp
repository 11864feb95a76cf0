#include "fake_cgroups.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

fake_cgroupfs& the_fake_cgroupfs()
{
    static fake_cgroupfs fake;
    return fake;
}

namespace {

bool is_faked(std::string_view path)
{
    const std::string& root = the_fake_cgroupfs().root;
    return !root.empty() && path.starts_with(root + "/") &&
           path.find("heaplings-", root.size()) != path.npos;
}

} // namespace

// These stand in for libc's in this executable.
extern "C" int mkdir(const char* path, mode_t mode) noexcept
{
    if (is_faked(path) && the_fake_cgroupfs().mkdir_error != 0) {
        errno = the_fake_cgroupfs().mkdir_error;
        return -1;
    }
    const auto result = static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
    if (result != 0 || !is_faked(path)) return result;
    for (const auto& [name, text] : the_fake_cgroupfs().files) {
        std::ofstream{std::string{path} + "/" + name} << text;
    }
    return 0;
}

extern "C" int rmdir(const char* path) noexcept
{
    if (is_faked(path)) {
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator{path, none}) {
            if (entry.is_regular_file(none)) ::unlink(entry.path().c_str());
        }
    }
    return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}
