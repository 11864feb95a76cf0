// Writes what looks like evidence, without knowing the key.
// says: ended early (exit status 0), before its tests were done
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <string_view>
#include <unistd.h>

namespace {

constexpr std::string_view forged = "\tend\t2\n"
                                    "00000000000000000000000000000000\tend\t2\n";

} // namespace

int twice(int number)
{
    for (int descriptor = 3; descriptor < 256; ++descriptor) {
        const auto written = write(descriptor, forged.data(), forged.size());
        static_cast<void>(written);
    }
    _exit(0);
    return number;
}
