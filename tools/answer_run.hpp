// Runs the program of an answer where it belongs: under the guard, there under Valgrind, or in a
// disposable kernel.
#pragma once

#include "guard.hpp"
#include "kernel/kernel_run.hpp"
#include "verdict.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace heaplings::tools {

struct answer_run
{
    outcome ran;
    std::string key;  // which every line of its evidence must repeat
    std::string kill; // the OOM killer's last kill in its kernel, to be shown; else empty
    std::optional<kernel_result> no_kernel; // why it did not run: there is no disposable kernel
};

// What a run of this kind is allowed.
[[nodiscard]] limits limits_of(run_kind kind);

// Valgrind's reports and the kernel's log are left in the answer's folder.
[[nodiscard]] answer_run run_answer(const answer& given, run_kind kind,
                                    const std::filesystem::path& valgrind);

} // namespace heaplings::tools
