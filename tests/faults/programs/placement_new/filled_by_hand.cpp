// Raw storage of std::allocator is filled by std::uninitialized_copy, of which the last copy
// throws.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace faults::filled_by_hand {

struct badge
{
    std::string name;

    explicit badge(const char* text) : name(80, *text) {}
    badge(const badge& other) : name{other.name}
    {
        if (name.front() == '!') throw std::invalid_argument{"not a name"};
    }
    badge& operator=(const badge&) = delete;
    ~badge() = default;
};

void copy_of(const std::vector<std::unique_ptr<badge>>& all)
{
    std::allocator<badge> storage;
    badge* room = storage.allocate(all.size());
    std::size_t made = 0;
    try {
        for (const auto& one : all) {
            std::uninitialized_copy_n(one.get(), 1, room + made);
            ++made;
        }
    } catch (const std::invalid_argument&) {
        // fewer badges then
    }
    std::destroy_n(escape(room), made);
    storage.deallocate(room, all.size());
}

void program()
{
    std::vector<std::unique_ptr<badge>> all;
    for (const char* name : {"Ada", "Bob", "!"}) all.push_back(std::make_unique<badge>(name));
    copy_of(all);
}

} // namespace faults::filled_by_hand
