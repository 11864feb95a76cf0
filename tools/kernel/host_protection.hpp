// What keeps root inside a disposable kernel from changing anything on the host.
//
// Whoever is root inside can have the kernel do to the host's files whatever the kernel's own process
// may do: so that process gives this up before it starts. Landlock (landlock(7), Linux 5.13) refuses
// to write, create, rename, link and remove; a seccomp filter refuses what Landlock leaves out: to
// change mode, owner, times and extended attributes, to truncate, and to reach others by sockets.
// Neither needs root, and neither can be taken back.
#pragma once

#include <string>
#include <vector>

namespace heaplings::tools {

// Whether this machine's kernel has Landlock; a container's seccomp profile can refuse it, too.
[[nodiscard]] bool has_landlock();

// Files below `writable` (a directory's descriptor) and /dev/null stay writable; everything else
// can only be read and executed from now on, by this process and all that it starts. Returns what
// could not be done, or an empty text. errno says why.
[[nodiscard]] std::string give_up_changing_files(int writable);

// The same for what Landlock does not cover.
[[nodiscard]] std::string give_up_other_changes();

// For root: nothing is left of its rights but to read every file, also beyond exec. Does nothing
// for others.
[[nodiscard]] std::string give_up_root_rights();

} // namespace heaplings::tools
