// Derived objects are deleted as their bases, also as a second and a virtual base.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <string>
#include <vector>

namespace faults::destroyed_whole {

struct animal
{
    virtual ~animal() = default;
    int legs = 4;
};
struct speaker
{
    virtual ~speaker() = default;
    std::string says = "a sentence that somebody said in the room yesterday";
};
struct parrot : animal, speaker
{
    std::vector<int> feathers = std::vector<int>(30);
};
struct robot : virtual animal, virtual speaker
{
    std::unique_ptr<int> battery = std::make_unique<int>(100);
};

void program()
{
    animal* pet = escape(new parrot);
    delete pet;
    speaker* loud = escape(new parrot);
    delete loud;
    speaker* machine = escape(new robot);
    delete machine;
    std::vector<std::unique_ptr<animal>> zoo;
    zoo.push_back(std::make_unique<robot>());
    zoo.push_back(std::make_unique<parrot>());
}

} // namespace faults::destroyed_whole
