// A proc mount of our own making, in a temporary directory.
#pragma once

#include "scratch_folder.hpp"

#include <heaplings/proc/process_id.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

class synthetic_proc
{
public:
    static constexpr heaplings::process_id process{4242};

    synthetic_proc() { std::filesystem::create_directories(directory()); }

    [[nodiscard]] const std::string& root() const { return root_.path.native(); }
    [[nodiscard]] std::filesystem::path directory() const
    {
        return root_.path / std::to_string(process.pid());
    }

    // Makes `text` the content of the process's file `name`.
    void write(std::string_view name, std::string_view text) const
    {
        std::ofstream{directory() / name, std::ios::binary} << text;
    }

    // Makes a copy of what was recorded as `capture` the process's file `name`.
    void copy(std::string_view name, std::string_view capture) const
    {
        const auto data = std::filesystem::path{__FILE__}.parent_path().parent_path() / "data";
        std::filesystem::copy_file(data / "proc" / capture / name, directory() / name,
                                   std::filesystem::copy_options::overwrite_existing);
    }

    // Makes `text` the content of `name`, a file of the whole system.
    void write_system(std::string_view name, std::string_view text) const
    {
        std::filesystem::create_directories(system_file(name).parent_path());
        std::ofstream{system_file(name), std::ios::binary} << text;
    }

    [[nodiscard]] std::filesystem::path system_file(std::string_view name) const
    {
        return root_.path / name;
    }

private:
    scratch_folder root_;
};
