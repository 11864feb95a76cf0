#include "guest_list.hpp"

struct guest_list::guest
{
    std::string name;
    guest* before;
};

guest_list::~guest_list()
{
#ifdef PLANT_A_LEAK
    if (last_ != nullptr) last_ = last_->before;
#endif
    while (last_ != nullptr) {
        const guest* const gone = last_;
        last_ = last_->before;
        delete gone;
    }
}

void guest_list::add(const std::string& name)
{
    last_ = new guest{name, last_};
}
