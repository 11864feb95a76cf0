// A pool cuts nodes from slabs, reuses them from a free list, and gives the slabs back at its end.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <vector>

namespace faults::pool_released {

union node {
    node* next_free;
    double value;
};

class pool
{
public:
    node* take()
    {
        if (free_ == nullptr) grow();
        node* taken = free_;
        free_ = free_->next_free;
        return taken;
    }
    void give_back(node* used)
    {
        used->next_free = free_;
        free_ = used;
    }

private:
    void grow()
    {
        slabs_.push_back(std::make_unique<node[]>(64));
        for (std::size_t i = 0; i < 64; ++i) give_back(&slabs_.back()[i]);
    }

    std::vector<std::unique_ptr<node[]>> slabs_;
    node* free_ = nullptr;
};

void program()
{
    pool nodes;
    std::vector<node*> used;
    for (int round = 0; round < 3; ++round) {
        while (used.size() < 150) {
            used.push_back(escape(nodes.take()));
            used.back()->value = 0;
        }
        while (used.size() > 20) {
            nodes.give_back(used.back());
            used.pop_back();
        }
    }
}

} // namespace faults::pool_released
