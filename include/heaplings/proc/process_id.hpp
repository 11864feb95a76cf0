// Which process, as a proc mount names it.
#pragma once

#include <sys/types.h>

namespace heaplings {

// A process: by its pid, or "self", the process that looks (proc(5)).
//
// "self" is not the same as getpid(): the mount may belong to another pid namespace.
class process_id
{
public:
    constexpr process_id() noexcept = default; // "self"
    constexpr explicit process_id(pid_t pid) noexcept : self_{false}, pid_{pid} {}

    [[nodiscard]] constexpr bool is_self() const noexcept { return self_; }

    // The pid. Of no meaning for "self".
    [[nodiscard]] constexpr pid_t pid() const noexcept { return pid_; }

    [[nodiscard]] friend constexpr bool operator==(process_id, process_id) noexcept = default;

private:
    bool self_ = true;
    pid_t pid_ = 0;
};

inline constexpr process_id this_process{};

} // namespace heaplings
