// `heaplings kernel`: a command in a disposable kernel, from the shell.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace heaplings::tools {

struct kernel_call;

// Adds the subcommand. What it was asked for is in the call, to be made with make_kernel_call().
[[nodiscard]] std::shared_ptr<kernel_call> add_kernel_command(CLI::App& app);

// Whether the subcommand was given.
[[nodiscard]] bool was_asked_for(const kernel_call& call);

// Runs the command and says what happened if it did not end by itself. Returns the exit status, as
// `heaplings kernel --help` tells.
[[nodiscard]] int make_kernel_call(const kernel_call& call);

} // namespace heaplings::tools
