#include "host_protection.hpp"

#include "../descriptor.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <iterator>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

long landlock_version()
{
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

// All rights to files that this version knows: 13 in the first, then REFER, then TRUNCATE.
std::uint64_t known_rights(long version)
{
    const int count = version >= 3 ? 15 : version == 2 ? 14 : 13;
    return (std::uint64_t{1} << count) - 1;
}

bool allow(int ruleset, int where, std::uint64_t rights)
{
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights;
    rule.parent_fd = where;
    return where >= 0 &&
           ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool allow(int ruleset, const char* where, std::uint64_t rights)
{
    return allow(ruleset, descriptor{::open(where, O_PATH | O_CLOEXEC)}.get(), rights);
}

// Numbers that the build machine's headers may not know yet. From 424 on they are the same on every
// architecture.
constexpr unsigned io_uring_setup_call = 425;
constexpr unsigned openat2_call = 437;
constexpr unsigned fchmodat2_call = 452;
constexpr unsigned setxattrat_call = 463;
constexpr unsigned removexattrat_call = 466;
constexpr unsigned file_setattr_call = 469;

// openat2 and io_uring are among them because a filter can't see what they are asked to do.
constexpr unsigned refused_calls[] = {
#ifdef SYS_chmod
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_creat,
#endif
    SYS_fchmod,
    SYS_fchmodat,
    fchmodat2_call,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    setxattrat_call,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    removexattrat_call,
    file_setattr_call,
    SYS_truncate,
    openat2_call,
    io_uring_setup_call,
    SYS_socket,
};

struct opening_call
{
    unsigned number;
    unsigned flags; // index of the argument
};
constexpr opening_call opening_calls[] = {
#ifdef SYS_open
    {SYS_open, 1},
#endif
    {SYS_openat, 2},
};

#if defined(__x86_64__)
constexpr unsigned this_architecture = AUDIT_ARCH_X86_64;
constexpr unsigned most_calls = 0x40000000; // from here on the numbers are of the x32 ABI
#elif defined(__aarch64__)
constexpr unsigned this_architecture = AUDIT_ARCH_AARCH64;
constexpr unsigned most_calls = 0xffffffff;
#endif

} // namespace

bool has_landlock()
{
    return landlock_version() >= 1;
}

std::string give_up_changing_files(int writable)
{
    const long version = landlock_version();
    if (version < 1) return "Landlock is not available";
    const std::uint64_t rights = known_rights(version);
    const landlock_ruleset_attr attributes{.handled_access_fs = rights};
    const descriptor ruleset{static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0))};
    constexpr std::uint64_t reading =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    constexpr std::uint64_t writing =
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    const bool restricted = ruleset && allow(ruleset.get(), "/", reading) &&
                            allow(ruleset.get(), "/dev/null", writing) &&
                            allow(ruleset.get(), writable, writing) &&
                            ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                            ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
    return restricted ? "" : "cannot protect the host's files by Landlock";
}

std::string give_up_other_changes()
{
    const auto refuse = [](unsigned error) { return SECCOMP_RET_ERRNO | error; };
    std::vector<sock_filter> code{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, this_architecture, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, most_calls, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, refuse(ENOSYS)),
    };
    for (const unsigned call : refused_calls) {
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
        code.push_back(BPF_STMT(BPF_RET | BPF_K, refuse(EPERM)));
    }
    // Opening with O_TRUNC: Landlock leaves that out before Linux 6.2, also where only reading is asked.
    constexpr auto argument = [](unsigned index) {
        return static_cast<unsigned>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
    };
    for (const auto& [call, flags] : opening_calls) {
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3));
        code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument(flags)));
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TRUNC, 0, 1));
        code.push_back(BPF_STMT(BPF_RET | BPF_K, refuse(EPERM)));
        code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    }
    code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
    const bool filtered = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                          ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
    return filtered ? "" : "cannot protect the host's files by a seccomp filter";
}

std::string give_up_root_rights()
{
    if (::geteuid() != 0) return "";
    // What an execed program of root's has is what is left in the bounding set (capabilities(7)).
    for (int which = 0; ::prctl(PR_CAPBSET_READ, which, 0, 0, 0) >= 0; ++which) {
        if (which != CAP_DAC_READ_SEARCH) ::prctl(PR_CAPBSET_DROP, which, 0, 0, 0);
    }
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return "cannot read capabilities";
    constexpr std::uint32_t kept = 1U << CAP_DAC_READ_SEARCH;
    sets[0] = {.effective = sets[0].permitted & kept,
               .permitted = sets[0].permitted & kept,
               .inheritable = 0};
    sets[1] = {};
    if (::syscall(SYS_capset, &header, sets.data()) != 0) return "cannot give up capabilities";
    return "";
}

} // namespace heaplings::tools
