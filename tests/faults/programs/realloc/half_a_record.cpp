// A record is made of two blocks; without memory for the second, the first is not given back.
// expects: leak
// run: each allocation failing

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::half_a_record {

struct contact
{
    char* name;
    int age;
};

contact* make_contact(const char* name, int age)
{
    auto* made = static_cast<contact*>(escape(std::malloc(sizeof(contact))));
    if (made == nullptr) return nullptr;
    made->name = ::strdup(name);
    if (made->name == nullptr) return nullptr;
    made->age = age;
    return made;
}

void program()
{
    contact* friends[] = {make_contact("Grace", 37), make_contact("Alan", 41)};
    for (contact* one : friends) {
        if (one != nullptr) std::free(one->name);
        std::free(one);
    }
}

} // namespace faults::half_a_record
