// What a process is and what it has used: /proc/<pid>/stat.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/process_name.hpp>
#include <heaplings/units.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// The letter of a state in stat (proc_pid_stat(5)). Kernels have had others than those named here;
// they come through as they are.
enum class process_state : char {
    running = 'R',
    sleeping = 'S',
    disk_sleep = 'D', // in the kernel, where no signal wakes it
    stopped = 'T',
    traced = 't',
    zombie = 'Z', // exited, its parent has not waited for it
    dead = 'X',   // the instant after
    idle = 'I',   // a kernel thread without work
    parked = 'P', // a kernel thread of a CPU that is off
};

// What kind of process it is, and so what to expect of its other files in /proc.
enum class process_kind {
    program,       // runs a program and has memory
    kernel_thread, // part of the kernel: no memory of its own
    zombie,        // exited: no memory any more
    leader_exited, // its first thread has exited, others go on: look for the memory in task/<tid>
};

[[nodiscard]] constexpr std::string_view to_string(process_kind kind) noexcept
{
    switch (kind) {
    case process_kind::program:
        return "program";
    case process_kind::kernel_thread:
        return "kernel thread";
    case process_kind::zombie:
        return "zombie";
    case process_kind::leader_exited:
        break;
    }
    return "leader exited";
}

inline std::ostream& operator<<(std::ostream& out, process_kind kind)
{
    return out << to_string(kind);
}

inline std::ostream& operator<<(std::ostream& out, process_state state)
{
    return out << static_cast<char>(state);
}

// The fields of stat (proc_pid_stat(5)) that say who a process is and what it uses. Left out are
// those that the manual calls obsolete or that describe signals.
//
// To those who may not trace the process its code appears to be at address 1, the rest at 0.
struct process_stat
{
    struct fault_counts
    {
        std::uint64_t minor = 0; // no disk was read
        std::uint64_t major = 0; // a page was read from disk

        [[nodiscard]] friend constexpr bool operator==(fault_counts,
                                                       fault_counts) noexcept = default;
    };
    struct processor_times
    {
        std::chrono::milliseconds user{};
        std::chrono::milliseconds system{};

        [[nodiscard]] friend constexpr bool operator==(processor_times,
                                                       processor_times) noexcept = default;
    };

    pid_t pid = 0;
    process_name name;
    process_state state{};
    pid_t parent = 0;
    pid_t process_group = 0;
    pid_t session = 0;
    unsigned flags = 0; // PF_* of the kernel's include/linux/sched.h

    fault_counts faults;
    fault_counts children_faults; // of those waited for
    processor_times time;
    processor_times children_time;          // of those waited for
    std::chrono::milliseconds start_time{}; // since boot

    std::int64_t priority = 0;
    std::int64_t nice = 0;
    std::int64_t threads = 0;

    bytes size;                          // all mappings, touched or not
    bytes resident;                      // inexact, see statm
    std::optional<bytes> resident_limit; // nothing if there is no limit; not enforced

    std::uintptr_t start_code = 0;
    std::uintptr_t end_code = 0;
    std::uintptr_t start_stack = 0;
    std::uintptr_t start_data = 0;
    std::uintptr_t end_data = 0;
    std::uintptr_t start_break = 0; // where brk(2) begins

    [[nodiscard]] process_kind kind() const noexcept
    {
        constexpr unsigned pf_kthread = 0x00200000;
        if (flags & pf_kthread) return process_kind::kernel_thread;
        if (state != process_state::zombie && state != process_state::dead) {
            return process_kind::program;
        }
        return threads > 1 ? process_kind::leader_exited : process_kind::zombie;
    }
};

namespace detail {

// Reads the fields of stat behind the name, each with the blank before it.
class stat_fields
{
public:
    explicit stat_fields(fields& line) noexcept : line_{line} {}

    template <std::integral Number>
    [[nodiscard]] Number next()
    {
        line_.expect(' ');
        if constexpr (std::signed_integral<Number>) {
            return line_.signed_number<Number>();
        } else {
            return line_.number<Number>();
        }
    }

    void skip(int count)
    {
        for (; count > 0; --count) {
            line_.expect(' ');
            if (line_.rest().starts_with('-')) line_.expect('-');
            static_cast<void>(line_.number<std::uint64_t>());
        }
    }

    // A time in clock ticks, of which there are 100 a second on all that runs Linux today.
    [[nodiscard]] std::chrono::milliseconds ticks()
    {
        return std::chrono::milliseconds{scaled(1000) / sysconf(_SC_CLK_TCK)};
    }

    // A number of `unit` bytes each.
    [[nodiscard]] bytes size(bytes unit) { return bytes{scaled(unit.count())}; }

private:
    [[nodiscard]] std::int64_t scaled(std::int64_t factor)
    {
        const auto number = next<std::int64_t>();
        const std::int64_t most = std::numeric_limits<std::int64_t>::max() / factor;
        if (number > most || number < -most) line_.fail("a smaller number");
        return number * factor;
    }

    fields& line_;
};

// The text of stat in `file`.
[[nodiscard]] inline process_stat parse_stat(std::string_view file, std::string_view text)
{
    process_stat process;
    fields line{file, 1, text};
    process.pid = line.signed_number<pid_t>();
    line.expect(" (");
    // The name may hold anything, the end of a name included: the last parenthesis ends it.
    const std::string_view name = line.before_last(')');
    if (name.size() > process_name::longest) line.fail("a shorter name");
    process.name = process_name{name};
    line.expect(' ');
    process.state = static_cast<process_state>(line.letter());

    stat_fields field{line};
    process.parent = field.next<pid_t>();
    process.process_group = field.next<pid_t>();
    process.session = field.next<pid_t>();
    field.skip(2); // tty_nr, tpgid
    process.flags = field.next<unsigned>();
    process.faults.minor = field.next<std::uint64_t>();
    process.children_faults.minor = field.next<std::uint64_t>();
    process.faults.major = field.next<std::uint64_t>();
    process.children_faults.major = field.next<std::uint64_t>();
    process.time.user = field.ticks();
    process.time.system = field.ticks();
    process.children_time.user = field.ticks();
    process.children_time.system = field.ticks();
    process.priority = field.next<std::int64_t>();
    process.nice = field.next<std::int64_t>();
    process.threads = field.next<std::int64_t>();
    field.skip(1); // itrealvalue
    process.start_time = field.ticks();
    process.size = field.size(bytes{1});
    process.resident = field.size(page_size());
    const auto limit = field.next<std::uint64_t>();
    if (limit <= std::numeric_limits<std::int64_t>::max()) process.resident_limit = bytes{limit};
    process.start_code = field.next<std::uintptr_t>();
    process.end_code = field.next<std::uintptr_t>();
    process.start_stack = field.next<std::uintptr_t>();
    field.skip(16); // kstkesp to cguest_time
    process.start_data = field.next<std::uintptr_t>();
    process.end_data = field.next<std::uintptr_t>();
    process.start_break = field.next<std::uintptr_t>();
    if (!text.ends_with('\n')) line.fail("a newline at the end");
    return process;
}

} // namespace detail

// The file stat of a process, kept open to be read again and again: to open it takes longer than to
// read it (bench/proc_reader). It stays that process's though another one gets the pid. It takes
// about 4 KiB and no heap.
class stat_file
{
public:
    // Opens `<proc>/<pid>/stat`; one of a process that is gone gives nothing. Throws as
    // read_stat().
    explicit stat_file(process_id process = this_process, std::string_view proc = "/proc")
        : file_{process, "stat", proc}
    {
    }

    // What it says now; nothing once the process is gone. Throws as read_stat().
    [[nodiscard]] std::optional<process_stat> read()
    {
        char buffer[2048]; // 52 numbers of at most 20 digits and a name
        const auto text = detail::read_small(file_, buffer);
        if (!text) return std::nullopt;
        return detail::parse_stat(file_.path(), *text);
    }

private:
    detail::proc_file file_;
};

// Reads `<proc>/<pid>/stat`; nothing if the process is gone.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<process_stat> read_stat(process_id process = this_process,
                                                           std::string_view proc = "/proc")
{
    return stat_file{process, proc}.read();
}

} // namespace heaplings
