// Exceptions are thrown, nested, kept as exception_ptr, carried to another thread and rethrown.
// expects: nothing

#include "program.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace faults::thrown_and_kept {

void load(int part)
{
    try {
        throw std::runtime_error{"part " + std::to_string(part) + " of the file is not readable"};
    } catch (const std::runtime_error&) {
        std::throw_with_nested(std::logic_error{"the file could not be loaded"});
    }
}

void program()
{
    std::vector<std::exception_ptr> failures;
    std::thread worker{[&failures] {
        for (int part = 0; part < 10; ++part) {
            try {
                load(part);
            } catch (...) {
                failures.push_back(std::current_exception());
            }
        }
    }};
    worker.join();
    for (const std::exception_ptr& failure : failures) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::logic_error& outer) {
            try {
                std::rethrow_if_nested(outer);
            } catch (const std::runtime_error& inner) {
                static_cast<void>(escape(&inner));
            }
        }
    }
}

} // namespace faults::thrown_and_kept
