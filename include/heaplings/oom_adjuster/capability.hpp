// Who may lower oom_score_adj: a question of a capability, not of the user.
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace heaplings {

// Whether the calling thread has CAP_SYS_RESOURCE in effect (capget(2), capabilities(7)).
//
// Root in a container mostly has not, so that the user id says nothing. False, too, where a seccomp
// filter forbids to ask.
[[nodiscard]] inline bool has_sys_resource_capability() noexcept
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (::syscall(SYS_capget, &header, data) != 0) return false;
    return (data[CAP_SYS_RESOURCE / 32].effective >> (CAP_SYS_RESOURCE % 32) & 1U) != 0;
}

namespace detail {

// Whether the calling process is in the kernel's first namespace of a kind: `link` names it in
// `<proc>/self/ns`, `first` is what that then reads.
[[nodiscard]] inline bool in_first_namespace(const char* link, std::string_view first) noexcept
{
    char target[64];
    const ssize_t size = ::readlink(link, target, sizeof target);
    if (size < 0) return errno == ENOENT; // a kernel without such namespaces has but one
    return std::string_view{target, static_cast<std::size_t>(size)} == first;
}

} // namespace detail

// Whether the calling process is in the first user namespace, the only one where the kernel lets
// CAP_SYS_RESOURCE count for oom_score_adj (user_namespaces(7); PROC_USER_INIT_INO in the kernel's
// linux/proc_ns.h).
[[nodiscard]] inline bool in_first_user_namespace() noexcept
{
    return detail::in_first_namespace("/proc/self/ns/user", "user:[4026531837]");
}

// Whether the calling thread may lower the oom_score_adj of a process as far as it likes. Without,
// it may raise it and take it back, but not below the value that was last set with this right.
[[nodiscard]] inline bool may_lower_oom_score_adj() noexcept
{
    return has_sys_resource_capability() && in_first_user_namespace();
}

} // namespace heaplings
