// Threads are started and joined, in two rounds, each with containers of its own.
// expects: nothing

#include "program.hpp"

#include <string>
#include <thread>
#include <vector>

namespace faults::joined {

void program()
{
    for (int round = 0; round < 2; ++round) {
        std::vector<std::thread> workers;
        for (std::size_t worker = 1; worker <= 4; ++worker) {
            workers.emplace_back([worker] {
                std::vector<std::string> lines;
                for (std::size_t i = 0; i < 50; ++i) lines.emplace_back(worker * i, 't');
                static_cast<void>(escape(&lines));
            });
        }
        for (std::thread& worker : workers) worker.join();
    }
}

} // namespace faults::joined
