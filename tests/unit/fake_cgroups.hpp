// A machine whose cgroups are folders of our own making, for what the test's machine has not.
#pragma once

#include "synthetic_proc.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

// In a real hierarchy mkdir(2) makes the control files, too, and rmdir(2) takes them away. Here the
// two functions do, which fake_cgroups.cpp puts in front of libc's: below `root` only.
struct fake_cgroupfs
{
    std::string root;                                      // empty: nothing is faked
    std::map<std::string, std::string, std::less<>> files; // that a new cgroup has, with their text
    int mkdir_error = 0;                                   // if not 0, no cgroup can be made
};

fake_cgroupfs& the_fake_cgroupfs();

class fake_cgroups
{
public:
    // `type` is that of the file system, `own` the cgroup of every process that looks.
    fake_cgroups(std::string_view type, std::string_view own)
    {
        std::filesystem::create_directories(mount_point());
        std::filesystem::create_directories(directory(own));
        const bool is_v1 = type == "cgroup";
        proc_.write_system("self/cgroup", (is_v1 ? "4:memory:" : "0::") + std::string{own} + "\n");
        proc_.write_system("self/mountinfo", "35 31 0:32 / " + mount_point() +
                                                 " rw,relatime shared:5 - " + std::string{type} +
                                                 " none rw" + (is_v1 ? ",memory" : "") + "\n");
        the_fake_cgroupfs().root = mount_point();
        the_fake_cgroupfs().mkdir_error = 0;
        the_fake_cgroupfs().files.clear();
    }
    ~fake_cgroups() { the_fake_cgroupfs().root.clear(); }
    fake_cgroups(const fake_cgroups&) = delete;
    fake_cgroups& operator=(const fake_cgroups&) = delete;

    [[nodiscard]] const synthetic_proc& proc() const { return proc_; }
    [[nodiscard]] std::string mount_point() const { return proc_.root() + "/cgroupfs"; }
    [[nodiscard]] std::string directory(std::string_view cgroup) const
    {
        return cgroup == "/" ? mount_point() : mount_point() + std::string{cgroup};
    }

    void write(std::string_view cgroup, std::string_view file, std::string_view text) const
    {
        std::filesystem::create_directories(directory(cgroup));
        std::ofstream{directory(cgroup) + "/" + std::string{file}} << text;
    }
    [[nodiscard]] std::string read(std::string_view cgroup, std::string_view file) const
    {
        return text_of(directory(cgroup) + "/" + std::string{file});
    }
    [[nodiscard]] static std::string text_of(const std::filesystem::path& path)
    {
        std::ifstream in{path};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

    // How many cgroups are below `cgroup`.
    [[nodiscard]] int children(std::string_view cgroup) const
    {
        int count = 0;
        for (const auto& entry : std::filesystem::directory_iterator{directory(cgroup)}) {
            if (entry.is_directory()) ++count;
        }
        return count;
    }

private:
    synthetic_proc proc_;
};
