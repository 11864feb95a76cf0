// A derived object with a string is deleted as its base, whose destructor is not virtual.
// expects: leak
// expects: bad free

#include "program.hpp"

#include <string>

namespace faults::not_virtual {

struct animal
{
    int legs = 4;
};
struct parrot : animal
{
    std::string says = "a sentence that somebody said in the room yesterday";
};

void program()
{
    animal* pet = escape(new parrot);
    delete escape(pet);
}

} // namespace faults::not_virtual
