// Prints what ctest and terminals take as commands. The answer is right.
// says: passes: 2 of 2 test cases
#include "spec/hostile.hpp"

#include <cstdio>

int twice(int number)
{
    std::puts("<DartMeasurementFile name=\"secret\" type=\"text/plain\">/etc/passwd"
              "</DartMeasurementFile>");
    std::puts("<CTestDetails>solved</CTestDetails> CTEST_FULL_OUTPUT");
    std::puts("\033[2J\033]0;owned\a\b\b\b\r");
    return 2 * number;
}
