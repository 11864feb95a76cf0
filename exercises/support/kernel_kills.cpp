// A file of its own: the readers of the kernel log are much code to compile, once for all specs.
#include "support/kernel_kills.hpp"

#include <heaplings/kernel_log.hpp>

namespace support {

kernel_kills kills_in_kernel_log()
{
    kernel_kills seen;
    for (const heaplings::oom_report& report :
         heaplings::read_oom_reports(heaplings::read_kernel_log()).reports) {
        seen.victims.insert(seen.victims.end(), report.victims.begin(), report.victims.end());
        if (report.no_killable_process) ++seen.fruitless;
    }
    return seen;
}

} // namespace support
