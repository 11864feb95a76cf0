// thread_local objects own memory; their destructors run when the threads end.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace faults::thread_local_owners {

thread_local std::vector<std::string> recent;
thread_local std::unique_ptr<std::string> last;

void remember(std::string text)
{
    last = std::make_unique<std::string>(text);
    recent.push_back(std::move(text));
}

void program()
{
    std::vector<std::thread> workers;
    for (std::size_t worker = 1; worker <= 3; ++worker) {
        workers.emplace_back([worker] {
            for (std::size_t i = 0; i < 30; ++i) remember(std::string(worker * i, 'r'));
        });
    }
    for (std::thread& worker : workers) worker.join();
}

} // namespace faults::thread_local_owners
