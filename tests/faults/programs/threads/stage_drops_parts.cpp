// A pipeline of three threads over pipes: the stage that tests drops the bad parts on the floor.
// expects: leak

#include "program.hpp"

#include <thread>
#include <unistd.h>

namespace faults::stage_drops_parts {

struct part
{
    int weight;
};

// Pointers travel as bytes through a pipe.
bool send(int to, part* made)
{
    return ::write(to, &made, sizeof made) == sizeof made;
}

part* receive(int from)
{
    part* next = nullptr;
    return ::read(from, &next, sizeof next) == sizeof next ? next : nullptr;
}

void program()
{
    int raw[2];
    int tested[2];
    if (::pipe(raw) != 0 || ::pipe(tested) != 0) return;
    std::thread maker{[&raw] {
        for (int weight = 1; weight <= 10; ++weight) send(raw[1], escape(new part{weight}));
        ::close(raw[1]);
    }};
    std::thread tester{[&raw, &tested] {
        while (part* next = receive(raw[0])) {
            if (next->weight % 4 == 0) continue;
            send(tested[1], next);
        }
        ::close(tested[1]);
    }};
    std::thread packer{[&tested] {
        while (const part* next = receive(tested[0])) delete next;
    }};
    for (std::thread* stage : {&maker, &tester, &packer}) stage->join();
    ::close(raw[0]);
    ::close(tested[0]);
}

} // namespace faults::stage_drops_parts
