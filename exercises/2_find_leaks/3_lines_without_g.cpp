// A customer's report of a leak arrives. The program was built for release, so it says
//
//     ==4711== 24 bytes in 1 blocks are definitely lost in loss record 5 of 8
//     ==4711==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
//     ==4711==    by 0x109201: keep(unsigned long) (in /home/learner/bin/list)
//     ==4711==    by 0x109272: main (in /home/learner/bin/list)
//
// That is a stack: malloc was called by keep, keep by main. Where in keep? Nobody wrote it down.
// Build a small leaking program three times, with -g, without, and with -s (which strips the names
// too), and run each under valgrind --leak-check=full. What is left of each line?
//
// TODO: make read_frame take such a line apart, whichever of the three builds it comes from;
// spec/lines_without_g.hpp says what each part is. Lines that show no frame give nothing.
//
// Read: man 1 valgrind (--leak-check, --fullpath-after), man 1 gcc (-g, -s), man 1 strip

#include "spec/lines_without_g.hpp"

std::optional<frame> read_frame(std::string_view line)
{
    if (!line.starts_with("==")) return std::nullopt;

    frame found;
    found.function = line;
    return found;
}
