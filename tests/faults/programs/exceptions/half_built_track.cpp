// A constructor takes a buffer, then throws: no destructor runs for an object that never was.
// expects: leak

#include "program.hpp"

#include <cstddef>
#include <stdexcept>

namespace faults::half_built_track {

class track
{
public:
    explicit track(int rate) : samples_{escape(new float[2048]{})}
    {
        if (rate <= 0) throw std::domain_error{"the sample rate must be positive"};
    }
    ~track() { delete[] samples_; }
    track(const track&) = delete;
    track& operator=(const track&) = delete;

private:
    float* samples_;
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

} // namespace faults::half_built_track
