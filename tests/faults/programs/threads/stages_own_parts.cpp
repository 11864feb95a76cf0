// A pipeline of two threads with owners in the queue: whoever has a part last destroys it.
// expects: nothing

#include "program.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>

namespace faults::stages_own_parts {

struct part
{
    int weight;
};

class belt
{
public:
    void put(std::unique_ptr<part> made)
    {
        const std::lock_guard hold{mutex_};
        parts_.push(std::move(made));
        arrived_.notify_one();
    }
    std::unique_ptr<part> take()
    {
        std::unique_lock hold{mutex_};
        arrived_.wait(hold, [this] { return !parts_.empty(); });
        auto next = std::move(parts_.front());
        parts_.pop();
        return next;
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::queue<std::unique_ptr<part>> parts_;
};

void program()
{
    belt raw;
    belt tested;
    std::thread tester{[&] {
        while (auto next = raw.take()) {
            if (next->weight % 4 != 0) tested.put(std::move(next));
        }
        tested.put(nullptr);
    }};
    for (int weight = 1; weight <= 40; ++weight) raw.put(std::make_unique<part>(part{weight}));
    raw.put(nullptr);
    // The packer stops at the tenth part; the others stay on the belt, which owns them.
    for (int packed = 0; packed < 10; ++packed) static_cast<void>(tested.take());
    tester.join();
}

} // namespace faults::stages_own_parts
