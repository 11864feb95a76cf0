// An exception is thrown as a pointer, and whoever catches it deletes nothing.
// expects: leak

#include "program.hpp"

#include <string>

namespace faults::thrown_by_pointer {

struct sensor_error
{
    int sensor;
    std::string text;
};

void read_sensor(int number)
{
    if (number > 2) throw escape(new sensor_error{number, "not there"});
}

void program()
{
    int readable = 0;
    for (int number = 0; number < 5; ++number) {
        try {
            read_sensor(number);
            ++readable;
        } catch (const sensor_error*) {
            // counted as not readable
        }
    }
    static_cast<void>(escape(&readable));
}

} // namespace faults::thrown_by_pointer
