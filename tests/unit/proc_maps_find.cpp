// The mapping of one address: as the kernel answers for it, and as the text has it.
#include <heaplings/proc/detail/mapping_query.hpp>
#include <heaplings/proc/maps.hpp>

#include "synthetic_proc.hpp"
#include "waiting_child.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using heaplings::mapping;
using heaplings::maps_end;
using heaplings::maps_file;
using heaplings::process_id;

namespace {

// A mapping that outlives the next line.
struct kept_mapping
{
    explicit kept_mapping(const mapping& m) : values{m}, path{m.path} {}

    mapping values;
    std::string path;
};

void check_equal(const std::optional<mapping>& found, const kept_mapping& expected)
{
    CAPTURE(expected.path);
    REQUIRE(found);
    CHECK(found->begin == expected.values.begin);
    CHECK(found->end == expected.values.end);
    CHECK(found->permissions == expected.values.permissions);
    CHECK(found->offset == expected.values.offset);
    CHECK(found->device == expected.values.device);
    CHECK(found->inode == expected.values.inode);
    CHECK(std::string{found->path} == expected.path);
    CHECK(found->path_is_cut == expected.values.path_is_cut);
}

[[nodiscard]] std::vector<kept_mapping> all_of(process_id process)
{
    std::vector<kept_mapping> all;
    for (const mapping& m : maps_file{process}) all.emplace_back(m);
    return all;
}

// A page of the file `name`, in `folder`, an open directory.
class mapped_file
{
public:
    mapped_file(int folder, const std::string& name)
    {
        const int file = openat(folder, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(file >= 0);
        REQUIRE(ftruncate(file, 3 * size) == 0);
        begin_ = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 2 * size);
        REQUIRE(begin_ != MAP_FAILED);
        close(file);
    }
    ~mapped_file() { munmap(begin_, size); }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;

    [[nodiscard]] std::uintptr_t begin() const { return reinterpret_cast<std::uintptr_t>(begin_); }

private:
    static constexpr std::size_t size = 65'536; // whole pages, however large they are
    void* begin_;
};

// A folder, kept open.
class open_folder
{
public:
    explicit open_folder(const char* path, int parent = AT_FDCWD)
        : descriptor_{openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)}
    {
        REQUIRE(descriptor_ >= 0);
    }
    ~open_folder() { close(descriptor_); }
    open_folder(const open_folder&) = delete;
    open_folder& operator=(const open_folder&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

    // Goes on to a new folder in it.
    void descend(const std::string& name)
    {
        REQUIRE(mkdirat(descriptor_, name.c_str(), 0700) == 0);
        const int next = openat(descriptor_, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(next >= 0);
        close(descriptor_);
        descriptor_ = next;
    }

private:
    int descriptor_;
};

// Whether the kernel is of 6.11 or later.
[[nodiscard]] bool kernel_answers()
{
    utsname name{};
    int major = 0;
    int minor = 0;
    REQUIRE(uname(&name) == 0);
    REQUIRE(std::sscanf(name.release, "%d.%d", &major, &minor) == 2);
    return major > 6 || (major == 6 && minor >= 11);
}

[[nodiscard]] heaplings::detail::query_answer answer_for(std::uintptr_t address)
{
    heaplings::detail::proc_file maps{heaplings::this_process, "maps", "/proc"};
    heaplings::detail::mapping_query query;
    std::array<char, PATH_MAX> name;
    query.address = address;
    return ask(maps, query, name);
}

// What is found for `address` in the text that `process` has now, in a directory of our own.
void check_text(process_id process, std::uintptr_t address, const kept_mapping* expected)
{
    static const synthetic_proc proc;
    std::ifstream text{"/proc/" + std::to_string(process.pid()) + "/maps"};
    proc.write("maps", std::string{std::istreambuf_iterator<char>{text}, {}});
    maps_file maps{synthetic_proc::process, proc.root()};
    const auto found = maps.find(address);
    if (expected != nullptr) {
        check_equal(found, *expected);
    } else {
        CHECK_FALSE(found);
    }
}

} // namespace

TEST_SUITE_BEGIN("proc/maps, one address");

TEST_CASE("a kernel since 6.11 answers, another or a file that is not the kernel's doesn't")
{
    using heaplings::detail::query_answer;
    const int local = 0;
    const auto address = reinterpret_cast<std::uintptr_t>(&local);
    const bool answers = kernel_answers();
    CHECK(answer_for(address) == (answers ? query_answer::found : query_answer::none));
    CHECK(answer_for(0) == (answers ? query_answer::not_mapped : query_answer::none));
    CHECK(answer_for(std::numeric_limits<std::uintptr_t>::max()) == query_answer::none);

    const synthetic_proc proc;
    proc.write("maps", "1000-2000 rw-p 00000000 00:00 0 \n");
    heaplings::detail::proc_file maps{synthetic_proc::process, "maps", proc.root()};
    heaplings::detail::mapping_query query;
    std::array<char, PATH_MAX> name;
    query.address = 0x1000;
    CHECK(ask(maps, query, name) == query_answer::none);
}

TEST_CASE("each mapping is found by its addresses, and nothing between them, as in the text")
{
    const scratch_folder folder;
    const open_folder files{folder.path.c_str()};
    const mapped_file plain{files.descriptor(), "plain"};
    const mapped_file spaces{files.descriptor(), " two  spaces "};
    const mapped_file newlines{files.descriptor(), "new\nline\\"};
    const mapped_file deleted{files.descriptor(), "removed"};
    std::filesystem::remove(folder.path / "removed");
    const waiting_child copy; // its mappings stay as they are

    const auto all = all_of(copy.id());
    REQUIRE(all.size() > 10);
    maps_file maps{copy.id()};
    std::string names;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const mapping& m = all[i].values;
        names += all[i].path + '|';
        for (const auto address : {m.begin, m.begin + (m.end - m.begin) / 2, m.end - 1}) {
            check_equal(maps.find(address), all[i]);
        }
        const bool adjoined = i + 1 < all.size() && all[i + 1].values.begin == m.end;
        if (!adjoined) CHECK_FALSE(maps.find(m.end));
    }
    for (const char* name : {"[stack]", "[vdso]", "/plain|", "/ two  spaces |", "/new\\012line\\|",
                             "/removed (deleted)|"}) {
        INFO(std::string{name});
        CHECK(names.find(name) != names.npos);
    }
    CHECK_FALSE(maps.find(0));
    CHECK(maps.end_reached() == maps_end::complete);

    for (const auto& m : all) check_text(copy.id(), m.values.begin, &m);
    check_text(copy.id(), 0, nullptr);
}

TEST_CASE("a name longer than any path that can be opened is found as well")
{
    const scratch_folder folder;
    open_folder files{folder.path.c_str()};
    const std::string part(200, 'x');
    for (int i = 0; i < 30; ++i) files.descend(part);
    const mapped_file file{files.descriptor(), "file"};

    maps_file maps;
    const auto found = maps.find(file.begin());
    REQUIRE(found);
    CHECK(found->path.size() > 6000);
    CHECK(found->path.ends_with(part + "/file"));
    CHECK_FALSE(found->path_is_cut);
    for (const mapping& m : maps_file{}) {
        if (m.begin == file.begin()) check_equal(maps.find(file.begin()), kept_mapping{m});
    }
}

TEST_CASE("the file begins anew before and after an address is looked up")
{
    maps_file maps;
    const auto first = maps.next();
    REQUIRE(first);
    const kept_mapping kept{*first};
    REQUIRE(maps.next());
    const int local = 0;
    const auto stack = maps.find(reinterpret_cast<std::uintptr_t>(&local));
    REQUIRE(stack);
    CHECK(maps.end_reached() == maps_end::none);
    check_equal(maps.next(), kept);
    check_equal(maps.find(kept.values.begin), kept);

    const synthetic_proc proc;
    proc.write("maps", "1000-2000 rw-p 00000000 00:00 0 \n2000-3000 r--p 00000000 00:00 0 \n");
    maps_file text{synthetic_proc::process, proc.root()};
    REQUIRE(text.find(0x2000));
    CHECK(text.end_reached() == maps_end::none);
    const auto again = text.next();
    REQUIRE(again);
    CHECK(again->begin == 0x1000);
}

TEST_CASE("a process without memory has nothing at any address, and that is told")
{
    waiting_child child;
    maps_file maps{child.id()};
    const auto first = maps.next();
    REQUIRE(first);
    const std::uintptr_t address = first->begin;
    REQUIRE(maps.find(address));
    child.kill_and_wait();
    CHECK_FALSE(maps.find(address));
    CHECK(maps.end_reached() == maps_end::gone);
    maps_file anew{child.id()};
    CHECK_FALSE(anew.find(address));
    CHECK(anew.end_reached() == maps_end::gone);
}

TEST_SUITE_END();
