// A constructor throws after its members own what they need: they are destroyed.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace faults::half_built_members {

class track
{
public:
    explicit track(int rate) : samples_(2048), title_{escape(new std::string(100, '?'))}
    {
        if (rate <= 0) throw std::domain_error{"the sample rate must be positive"};
    }

private:
    std::vector<float> samples_;
    std::unique_ptr<std::string> title_;
};

void program()
{
    for (const int rate : {44100, 0}) {
        try {
            track loaded{rate};
            static_cast<void>(escape(&loaded));
        } catch (const std::domain_error&) {
            // tells the user, and goes on
        }
    }
}

} // namespace faults::half_built_members
