// How much memory a process has, at a glance: /proc/<pid>/statm.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/units.hpp>

#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// The sizes in statm (proc_pid_statm(5)), there in pages. All are 0 for a kernel thread and for a
// zombie.
//
// The kernel counts pages in batches for each thread, so that `resident` may be some pages behind.
// `resident` includes pages of files: what malloc made grow is told more exactly by RssAnon in
// status. The fields lib and dt of statm are 0 since Linux 2.6 and left out.
struct statm
{
    bytes size;     // all mappings, touched or not (VmSize)
    bytes resident; // what is in RAM now (VmRSS)
    bytes shared;   // the part of resident that is file pages and shared memory
    bytes text;     // code of the program
    bytes data;     // private writable mappings and the stack

    [[nodiscard]] friend constexpr bool operator==(const statm&, const statm&) noexcept = default;
};

inline std::ostream& operator<<(std::ostream& out, const statm& s)
{
    return out << "size " << s.size << ", resident " << s.resident << ", shared " << s.shared
               << ", text " << s.text << ", data " << s.data;
}

// The file statm of a process, kept open to be read again and again: to open it takes longer than
// to read it (bench/proc_reader). It stays that process's though another one gets the pid. It takes
// about 4 KiB and no heap.
class statm_file
{
public:
    // Opens `<proc>/<pid>/statm`; one of a process that is gone gives nothing. Throws as
    // read_statm().
    explicit statm_file(process_id process = this_process, std::string_view proc = "/proc")
        : file_{process, "statm", proc}
    {
    }

    // What it says now; nothing once the process is gone. Throws as read_statm().
    [[nodiscard]] std::optional<statm> read()
    {
        char buffer[256]; // seven numbers of at most 20 digits
        const auto text = detail::read_small(file_, buffer);
        if (!text) return std::nullopt;

        detail::fields line{file_.path(), 1, *text};
        const bytes page = page_size();
        const auto next = [&](char separator) {
            const bytes size = detail::read_size(line, page);
            line.expect(separator);
            return size;
        };
        statm values;
        values.size = next(' ');
        values.resident = next(' ');
        values.shared = next(' ');
        values.text = next(' ');
        static_cast<void>(next(' ')); // lib
        values.data = next(' ');
        static_cast<void>(next('\n')); // dt
        if (!line.rest().empty()) line.fail("seven numbers");
        return values;
    }

private:
    detail::proc_file file_;
};

// Reads `<proc>/<pid>/statm`; nothing if the process is gone.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<statm> read_statm(process_id process = this_process,
                                                     std::string_view proc = "/proc")
{
    return statm_file{process, proc}.read();
}

} // namespace heaplings
