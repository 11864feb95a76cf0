// Fuzz targets for the proc reader, one for each file of /proc: whatever is in the file, it is read
// or refused with a parse_error that shows the place (https://llvm.org/docs/LibFuzzer.html).
//
//     fuzz.proc FILE [libFuzzer's options, corpora or inputs]
//
// FILE is a name in `targets` below. A run that fails leaves the input in the current folder.

#include "../unit/synthetic_proc.hpp"

#include <heaplings/error.hpp>
#include <heaplings/proc_reader.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace heaplings;

// Ends the run as a failure, at which libFuzzer keeps the input.
void require(bool promise, const char* text)
{
    if (promise) return;
    std::fprintf(stderr, "broken promise: %s\n", text);
    std::abort();
}

// Makes the compiler believe that `value` is looked at.
template <typename Value>
void look_at(const Value& value)
{
    asm volatile("" : : "g"(&value) : "memory");
}

// A file in a mount of our own. It lies in memory and the mount only links to it: a disk would be
// a hundred times slower.
class mounted_file
{
public:
    explicit mounted_file(std::filesystem::path path)
        : path_{std::move(path)}, descriptor_{memfd_create("fuzz.proc", MFD_CLOEXEC)}
    {
        require(descriptor_ >= 0, "a file in memory");
        std::filesystem::create_directories(path_.parent_path());
        std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(descriptor_), path_);
    }

    void write(std::string_view text)
    {
        text_ = text;
        const auto size = static_cast<ssize_t>(text.size());
        require(ftruncate(descriptor_, 0) == 0, "the file shrinks");
        require(pwrite(descriptor_, text.data(), text.size(), 0) == size, "the file is written");
    }

    // Whether `error` is of this file. If so, the line that it names begins with what it shows.
    [[nodiscard]] bool is_place_of(const parse_error& error) const
    {
        if (error.file() != path_.native()) return false;
        std::string_view rest = text_;
        for (std::size_t line = 1; line < error.line(); ++line) {
            const auto newline = rest.find('\n');
            require(newline != rest.npos, "an error names a line that is there");
            rest.remove_prefix(newline + 1);
        }
        const auto same = [](char shown, char c) { return shown == (c == '\0' ? '?' : c); };
        const std::string_view text = error.text();
        require(text.size() <= rest.size() &&
                    std::equal(text.begin(), text.end(), rest.begin(), same),
                "an error shows the text of the line");
        return true;
    }

private:
    std::filesystem::path path_;
    int descriptor_;
    std::string_view text_;
};

const synthetic_proc& mount()
{
    static const synthetic_proc proc;
    return proc;
}

template <auto Read>
void of_process(std::string_view)
{
    look_at(Read(synthetic_proc::process, mount().root()));
}

template <auto Read>
void of_system(std::string_view)
{
    look_at(Read(mount().root()));
}

void check(const mapping& m)
{
    require(m.begin < m.end, "a mapping has pages");
    require(m.contains(m.begin) && !m.contains(m.end), "a mapping ends before its end");
    look_at(std::string{m.path});
}

void check(const mapping_usage& usage)
{
    check(usage.where);
    if (usage.flags) look_at(usage.flags->contains("rd"));
}

void check(const cgroup_membership& place)
{
    require(place.path.starts_with('/') || place.is_removed, "a cgroup's path is absolute");
    look_at(place.has("memory"));
}

template <typename File>
std::size_t count(File& file)
{
    std::size_t records = 0;
    for (const auto& record : file) {
        check(record);
        ++records;
    }
    require(!file.next(), "nothing comes after the last record");
    return records;
}

template <typename File>
void of_records(std::string_view)
{
    File file{synthetic_proc::process, mount().root()};
    const std::size_t records = count(file);
    file.rewind();
    require(count(file) == records, "a file begun anew has the same records");
}

// The first eight bytes of the input choose the address.
void read_pagemap(std::string_view text)
{
    std::uintptr_t address = 0;
    std::memcpy(&address, text.data(), std::min(text.size(), sizeof address));
    pagemap_file file{synthetic_proc::process, mount().root()};
    std::array<pagemap_entry, 64> entries;
    const auto read = file.read(address, entries);
    const auto first = address / static_cast<std::uintptr_t>(page_size().count());
    const std::uintptr_t there = text.size() / sizeof(std::uint64_t);
    require(read.size() == std::min(there - std::min(first, there), entries.size()),
            "all entries from the address on are read");
    for (std::size_t i = 0; i < read.size(); ++i) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, text.data() + (first + i) * sizeof bits, sizeof bits);
        require(read[i].bits() == bits, "an entry is that of its page");
        require(!read[i].is_empty() || !read[i].frame(), "no frame without a page");
    }
}

struct target
{
    std::string_view name;
    std::vector<std::string_view> files; // an input's first lines go to the first ones, a line each
    void (*read)(std::string_view input);
};

const target targets[]{
    {"stat", {"4242/stat"}, of_process<read_stat>},
    {"statm", {"4242/statm"}, of_process<read_statm>},
    {"status", {"4242/status"}, of_process<read_status>},
    {"maps", {"4242/maps"}, of_records<maps_file>},
    {"smaps", {"4242/smaps"}, of_records<smaps_file>},
    {"smaps_rollup", {"4242/smaps_rollup"}, of_process<read_smaps_rollup>},
    {"limits", {"4242/limits"}, of_process<read_limits>},
    {"io", {"4242/io"}, of_process<read_io>},
    {"pagemap", {"4242/pagemap"}, read_pagemap},
    {"cgroup", {"4242/cgroup"}, of_records<cgroup_file>},
    {"oom_score", {"4242/oom_score"}, of_process<read_oom_score>},
    {"oom_score_adj", {"4242/oom_score_adj"}, of_process<read_oom_score_adj>},
    {"meminfo", {"meminfo"}, of_system<read_meminfo>},
    {"vmstat", {"vmstat"}, of_system<read_vmstat>},
    {"pressure/memory", {"pressure/memory"}, of_system<read_memory_pressure>},
    {"sys/vm/overcommit",
     {"sys/vm/overcommit_memory", "sys/vm/overcommit_ratio", "sys/vm/overcommit_kbytes"},
     of_system<read_overcommit>},
};

// What this run is to fuzz.
const target* chosen = nullptr;
std::vector<mounted_file> files;

} // namespace

// Takes the name of the target from the arguments.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) // NOLINT
{
    const auto named = [&](const target& t) { return *argc > 1 && t.name == (*argv)[1]; };
    chosen = std::find_if(std::begin(targets), std::end(targets), named);
    if (chosen == std::end(targets)) {
        std::fprintf(stderr, "fuzz.proc FILE [libFuzzer's options]; a FILE is one of\n");
        for (const target& t : targets) std::fprintf(stderr, "  %s\n", t.name.data());
        std::exit(2);
    }
    for (const std::string_view file : chosen->files) files.emplace_back(mount().system_file(file));
    std::rotate(*argv + 1, *argv + 2, *argv + *argc);
    --*argc;
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) // NOLINT
{
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    std::string_view rest = input;
    for (mounted_file& file : files) {
        const bool is_last = &file == &files.back();
        const std::string_view text = is_last ? rest : rest.substr(0, rest.find('\n') + 1);
        rest.remove_prefix(text.size());
        file.write(text);
    }
    try {
        chosen->read(input);
    } catch (const parse_error& error) {
        const auto is_place = [&](const mounted_file& f) { return f.is_place_of(error); };
        require(std::any_of(files.begin(), files.end(), is_place), "an error names the file");
    }
    return 0;
}
