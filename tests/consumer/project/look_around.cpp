// Includes what guest_list_test.cpp includes, too: two translation units of one program.
#include "look_around.hpp"

#include <heaplings/heap_probe.hpp>
#include <heaplings/leak_counter.hpp>
#include <heaplings/oom_adjuster.hpp>
#include <heaplings/proc_reader.hpp>

#include <iostream>
#include <memory>

namespace {

bool expect(bool holds, const char* what)
{
    if (!holds) std::cerr << "does not hold: " << what << '\n';
    return holds;
}

} // namespace

bool look_around()
{
    using namespace heaplings;
    const auto block = std::make_unique<int>(1);
    const int local = 0;
    const auto usage = read_statm();
    const auto adjustment = read_oom_score_adj();
    const auto prediction = predict_oom_score(this_process, read_oom_machine());
    bool all = expect(usage && usage->resident > bytes{0}, "some pages are resident");
    all &= expect(adjustment && *adjustment >= -1000, "there is an adjustment");
    all &= expect(prediction.has_value(), "a score is predicted");
    all &= expect(region_of(block.get()) == region::heap, "a small block lies in the heap");
    all &= expect(region_of(&local) == region::stack, "a local variable lies on the stack");
    all &= expect(hooks_active(), "new and delete are counted");
    return all;
}
