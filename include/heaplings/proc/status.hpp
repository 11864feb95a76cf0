// What the kernel tells people about a process: /proc/<pid>/status.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/proc/process_name.hpp>
#include <heaplings/units.hpp>

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// The lines of status (proc_pid_status(5)) that concern memory and who the process is.
//
// The sizes are absent where the process has no memory: kernel threads, zombies, and a process
// whose first thread has exited while others go on (then a live thread's status has them). The
// kernel counts pages in batches for each thread: a size may be some pages behind.
struct status
{
    struct user_or_group_ids
    {
        std::uint32_t real = 0;
        std::uint32_t effective = 0;
        std::uint32_t saved = 0;
        std::uint32_t file_system = 0;
    };

    process_name name;    // Name
    char state = '?';     // State: R running, S sleeping, D waiting for a device, Z zombie...
    pid_t thread_group{}; // Tgid: the process that this thread belongs to
    pid_t pid{};          // Pid: the thread itself
    pid_t parent{};       // PPid
    user_or_group_ids uid;
    user_or_group_ids gid;
    unsigned threads{};

    std::optional<bytes> peak_size;     // VmPeak
    std::optional<bytes> size;          // VmSize: all mappings, touched or not
    std::optional<bytes> locked;        // VmLck
    std::optional<bytes> pinned;        // VmPin
    std::optional<bytes> peak_resident; // VmHWM
    std::optional<bytes> resident;      // VmRSS: what is in RAM now
    std::optional<bytes> anonymous;     // RssAnon: the part of resident that is of no file
    std::optional<bytes> file;          // RssFile
    std::optional<bytes> shared_memory; // RssShmem
    std::optional<bytes> data;          // VmData: private writable mappings
    std::optional<bytes> stack;         // VmStk
    std::optional<bytes> text;          // VmExe: code of the program
    std::optional<bytes> libraries;     // VmLib
    std::optional<bytes> page_tables;   // VmPTE
    std::optional<bytes> swapped;       // VmSwap
    std::optional<bytes> huge_pages;    // HugetlbPages: in neither resident nor the OOM score

    std::optional<std::uint64_t> effective_capabilities;       // CapEff: bit n is capability n
    std::optional<bool> kernel_thread;                         // Kthread: Linux >= 6.8
    std::optional<std::uint64_t> voluntary_context_switches;   // voluntary_ctxt_switches
    std::optional<std::uint64_t> involuntary_context_switches; // nonvoluntary_ctxt_switches
};

inline std::ostream& operator<<(std::ostream& out, const status& s)
{
    out << "pid " << s.pid << " (" << s.name << "), state " << s.state;
    if (s.resident) out << ", resident " << *s.resident;
    if (s.swapped) out << ", swapped " << *s.swapped;
    return out;
}

namespace detail {

template <auto Member>
inline constexpr auto four_ids = [](fields& value, status& s) {
    const auto next = [&] {
        value.expect('\t');
        return value.number<std::uint32_t>();
    };
    s.*Member = {value.number<std::uint32_t>(), next(), next(), next()};
};

inline constexpr auto state_letter = [](fields& value, status& s) {
    s.state = value.letter();
    static_cast<void>(value.take_rest()); // what it means, in parentheses
};

inline constexpr std::array status_keys{
    key<status>{"State", state_letter, presence::required},
    key<status>{"Tgid", plain_number<&status::thread_group, pid_t>, presence::required},
    key<status>{"Pid", plain_number<&status::pid, pid_t>, presence::required},
    key<status>{"PPid", plain_number<&status::parent, pid_t>, presence::required},
    key<status>{"Uid", four_ids<&status::uid>, presence::required},
    key<status>{"Gid", four_ids<&status::gid>, presence::required},
    key<status>{"Kthread", zero_or_one<&status::kernel_thread>},
    key<status>{"VmPeak", kilobytes<&status::peak_size>},
    key<status>{"VmSize", kilobytes<&status::size>},
    key<status>{"VmLck", kilobytes<&status::locked>},
    key<status>{"VmPin", kilobytes<&status::pinned>},
    key<status>{"VmHWM", kilobytes<&status::peak_resident>},
    key<status>{"VmRSS", kilobytes<&status::resident>},
    key<status>{"RssAnon", kilobytes<&status::anonymous>},
    key<status>{"RssFile", kilobytes<&status::file>},
    key<status>{"RssShmem", kilobytes<&status::shared_memory>},
    key<status>{"VmData", kilobytes<&status::data>},
    key<status>{"VmStk", kilobytes<&status::stack>},
    key<status>{"VmExe", kilobytes<&status::text>},
    key<status>{"VmLib", kilobytes<&status::libraries>},
    key<status>{"VmPTE", kilobytes<&status::page_tables>},
    key<status>{"VmSwap", kilobytes<&status::swapped>},
    key<status>{"HugetlbPages", kilobytes<&status::huge_pages>},
    key<status>{"Threads", plain_number<&status::threads, unsigned>, presence::required},
    key<status>{"CapEff", plain_number<&status::effective_capabilities, std::uint64_t, 16>},
    key<status>{"voluntary_ctxt_switches", plain_number<&status::voluntary_context_switches>},
    key<status>{"nonvoluntary_ctxt_switches", plain_number<&status::involuntary_context_switches>},
};

// The name in the first line, which escapes a newline as \n and a backslash as \\.
[[nodiscard]] inline process_name parse_escaped_name(fields line)
{
    line.expect("Name:");
    line.expect('\t');
    char name[process_name::longest];
    std::size_t size = 0;
    for (; !line.rest().empty(); ++size) {
        if (size == sizeof name) line.fail("a shorter name");
        name[size] = line.character();
        if (name[size] == '\\' && line.flag('n', '\\')) name[size] = '\n';
    }
    return process_name{{name, size}};
}

} // namespace detail

// The file status of a process, kept open to be read again and again: to open it takes longer than
// to read it (bench/proc_reader). It stays that process's though another one gets the pid. It takes
// about 4 KiB and no heap.
class status_file
{
public:
    // Opens `<proc>/<pid>/status`; one of a process that is gone gives nothing. Throws as
    // read_status().
    explicit status_file(process_id process = this_process, std::string_view proc = "/proc")
        : file_{process, "status", proc}
    {
    }

    // What it says now; nothing once the process is gone. Throws as read_status().
    [[nodiscard]] std::optional<status> read()
    {
        if (!file_.is_open()) return std::nullopt;

        detail::line_reader<4096> lines{file_};
        auto line = lines.next();
        if (!line && lines.process_gone()) return std::nullopt;
        status values;
        values.name = detail::parse_escaped_name(line.value_or(lines.end()));

        detail::key_value_reader<detail::status_keys> reader;
        while ((line = lines.next())) reader.read(*line, values);
        if (lines.process_gone()) return std::nullopt;
        reader.expect_required(lines.end());
        return values;
    }

private:
    detail::proc_file file_;
};

// Reads `<proc>/<pid>/status`; nothing if the process is gone. The id of a thread serves as well as
// that of a process.
//
// The file is read through a buffer of one page, whatever its length: the line Groups of a process
// in 65,536 groups makes it 460 KB. Unknown lines are ignored.
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if a line is malformed or one that all
// processes have is missing.
[[nodiscard]] inline std::optional<status> read_status(process_id process = this_process,
                                                       std::string_view proc = "/proc")
{
    return status_file{process, proc}.read();
}

} // namespace heaplings
