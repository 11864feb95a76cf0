// The ways to read a file of /proc that are compared.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// Reads `file` once, in the way `way`.
struct reading
{
    std::string file;
    std::string way;
    std::function<void()> read;
};

// Whose files are read, where it is not the benchmark's own.
struct subjects
{
    pid_t many_mappings;           // of a child with 2,000 mappings
    std::uintptr_t middle_address; // in its mapping in the middle
};

// raw: open, pread and close into a buffer on the stack, nothing is parsed; a file that the kernel
// writes in pieces is read to its end. raw_kept: pread alone. These are the limits.
[[nodiscard]] std::vector<reading> raw(const subjects& s);

// ours: this library. kept: its readers that keep their file open.
[[nodiscard]] std::vector<reading> ours(const subjects& s);

// ifstream: what one writes in C++ without thinking of speed; all that `ours` gives is parsed.
[[nodiscard]] std::vector<reading> ifstream(const subjects& s);

// libproc2: the library of ps and top, with the same fields; its buffers are kept from call to
// call, as it is meant to be used. Empty if it was not there when the benchmark was built.
[[nodiscard]] std::vector<reading> libproc2();

} // namespace bench
