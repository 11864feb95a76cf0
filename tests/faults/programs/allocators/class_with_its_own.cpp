// A class brings operator new and delete of its own, over malloc and a free list that is emptied.
// expects: nothing

#include "program.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

namespace faults::class_with_its_own {

class particle
{
public:
    static void* operator new(std::size_t size)
    {
        if (!spare.empty()) {
            void* room = spare.back();
            spare.pop_back();
            return room;
        }
        void* room = std::malloc(size);
        if (room == nullptr) throw std::bad_alloc{};
        return room;
    }
    static void operator delete(void* room) { spare.push_back(room); }
    static void empty()
    {
        for (void* room : spare) std::free(room);
        std::vector<void*>{}.swap(spare);
    }

    double x = 0, y = 0, speed = 0;

private:
    inline static std::vector<void*> spare;
};

void program()
{
    for (int round = 0; round < 3; ++round) {
        std::vector<particle*> sparks;
        for (int i = 0; i < 20; ++i) sparks.push_back(escape(new particle));
        for (particle* spark : sparks) delete spark;
    }
    particle::empty();
}

} // namespace faults::class_with_its_own
