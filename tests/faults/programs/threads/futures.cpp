// async, packaged_task and promise carry results and an exception between threads.
// expects: nothing

#include "program.hpp"

#include <future>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace faults::futures {

void program()
{
    std::vector<std::future<std::string>> pages;
    for (std::size_t i = 1; i <= 3; ++i) {
        pages.push_back(std::async(std::launch::async, [i] { return std::string(i * 100, 'p'); }));
    }
    std::size_t letters = 0;
    for (auto& page : pages) letters += page.get().size();

    std::packaged_task<std::vector<int>(int)> count{[](int to) {
        std::vector<int> all(static_cast<std::size_t>(to));
        std::iota(all.begin(), all.end(), 0);
        return all;
    }};
    auto counted = count.get_future();
    std::thread worker{std::move(count), 500};
    worker.join();
    letters += counted.get().size();

    std::promise<int> promised;
    auto kept = promised.get_future();
    promised.set_exception(std::make_exception_ptr(std::runtime_error{"no, after all"}));
    try {
        letters += static_cast<std::size_t>(kept.get());
    } catch (const std::runtime_error&) {
        ++letters;
    }
    static_cast<void>(escape(&letters));
}

} // namespace faults::futures
