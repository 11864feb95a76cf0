// One thread makes orders, another deletes them, both at the same time.
// expects: nothing

#include "program.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace faults::handed_over {

struct order
{
    int number;
    std::string dish = "something that takes a long time to describe";
};

class counter
{
public:
    void put(order* made)
    {
        const std::lock_guard hold{mutex_};
        waiting_.push_back(made);
        arrived_.notify_one();
    }
    order* take()
    {
        std::unique_lock hold{mutex_};
        arrived_.wait(hold, [this] { return !waiting_.empty(); });
        order* next = waiting_.front();
        waiting_.pop_front();
        return next;
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<order*> waiting_;
};

void program()
{
    counter window;
    std::thread kitchen{[&window] {
        for (int number = 0; number < 200; ++number) window.put(escape(new order{number}));
        window.put(nullptr);
    }};
    while (const order* next = window.take()) delete next;
    kitchen.join();
}

} // namespace faults::handed_over
