// The taker of orders stops at the closing sign, and what was put behind it is never deleted.
// expects: leak

#include "program.hpp"

#include <deque>
#include <mutex>
#include <thread>

namespace faults::closed_too_early {

struct order
{
    int number;
};

void program()
{
    std::mutex mutex;
    std::deque<order*> waiting;
    std::thread kitchen{[&] {
        const std::lock_guard hold{mutex};
        for (int number = 0; number < 5; ++number) {
            if (number == 3) waiting.push_back(nullptr); // closed, but two more were in the oven
            waiting.push_back(escape(new order{number}));
        }
    }};
    kitchen.join();

    std::thread waiter{[&] {
        const std::lock_guard hold{mutex};
        while (waiting.front() != nullptr) {
            delete waiting.front();
            waiting.pop_front();
        }
    }};
    waiter.join();
}

} // namespace faults::closed_too_early
