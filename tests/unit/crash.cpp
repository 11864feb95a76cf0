#include "crash.hpp"

#include "process.hpp"
#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <unistd.h>

using namespace heaplings::tools;

namespace {

const std::string learner = "2_which_way.cpp";

stack_frame in_learners(const std::string& function, int line)
{
    return {0, "program", function, "/home/learner/exercises/1_allocate/2_which_way.cpp", line};
}

stack_frame in_spec(int line)
{
    return {0, "program", "DOCTEST_ANON_FUNC_2()",
            "/home/learner/exercises/1_allocate/spec/which_way.cpp", line};
}

const stack_frame in_library; // nothing is known of it

crash crash_by(int signal)
{
    crash crashed;
    crashed.signal = signal;
    return crashed;
}

crash fault_at(std::uint64_t address)
{
    crash crashed = crash_by(SIGSEGV);
    crashed.address = address;
    return crashed;
}

// A program that prints how far from its start the return addresses of inner() and outer() are, as
// the judge's main reports the frames of a stack.
constexpr const char* program_source = R"(#include <cstdio>
extern "C" const char __executable_start;
[[gnu::noinline]] static void tell(void* address)
{
    std::printf("%ld\n", static_cast<long>(static_cast<char*>(address) - &__executable_start));
}
namespace shop {
[[gnu::noinline]] void inner(int)
{
    tell(__builtin_return_address(0));
}
[[gnu::noinline]] void outer()
{
    inner(1);
    tell(__builtin_return_address(0));
}
}
int main()
{
    shop::outer();
    return 0;
}
)";

// The offsets that such a program prints, built with `option`.
std::vector<std::string> build_and_run(const std::filesystem::path& program,
                                       const std::string& option)
{
    const std::string source = program.string() + ".cpp";
    write_file(source, program_source);
    const finished_command built =
        run_command({HEAPLINGS_TEST_CXX, "-g", "-O0", option, source, "-o", program.string()});
    INFO(built.said);
    REQUIRE(built.status == 0);
    const finished_command ran = run_command({program.string()});
    REQUIRE(ran.status == 0);
    return split(ran.said, '\n');
}

} // namespace

TEST_CASE("a function's plain name has no return type, parameters and template arguments")
{
    CHECK(plain_name("which_way(unsigned long const*, unsigned long)") == "which_way");
    CHECK(plain_name("main") == "main");
    CHECK(plain_name("std::vector<int, std::allocator<int> >::push_back(int const&)") ==
          "std::vector::push_back");
    CHECK(plain_name("void std::sort<int*>(int*, int*)") == "std::sort");
    CHECK(plain_name("(anonymous namespace)::list::size() const") == "list::size");
    CHECK(plain_name("std::__cxx11::basic_string<char>::append(char const*)") ==
          "std::basic_string::append");
    CHECK(plain_name("operator new[](unsigned long)") == "operator new[]");
    CHECK(plain_name("operator delete(void*, unsigned long)") == "operator delete");
    CHECK(plain_name("std::ostream& shop::operator<< <int>(std::ostream&, int)") ==
          "shop::operator<< <int>");
    CHECK(plain_name("less::operator()(int) const") == "less::operator()");
    CHECK(plain_name("operators(int)") == "operators");
    CHECK(plain_name("f(int)::{lambda(int)#1}::operator()(int) const") ==
          "f::{lambda#1}::operator()");
    CHECK(plain_name("") == "");
    CHECK(plain_name("(anonymous namespace)::") == "");
}

TEST_CASE("the fields of the evidence become a crash, and malformed ones nothing")
{
    const std::vector<std::string> fields = {"11", "-16", "1", "5", "-7"};
    const auto crashed = read_crash(fields);
    REQUIRE(crashed.has_value());
    CHECK(crashed->signal == SIGSEGV);
    CHECK(crashed->address == 0xffff'ffff'ffff'fff0U); // the evidence has signed numbers
    CHECK(crashed->near_stack_pointer);
    CHECK(crashed->offsets == std::vector<std::int64_t>{5, -7});

    const std::vector<std::string> no_address = {"11", "", "0"};
    REQUIRE(read_crash(no_address).has_value());
    CHECK_FALSE(read_crash(no_address)->address.has_value());

    for (const std::vector<std::string>& malformed : {std::vector<std::string>{},
                                                      {"11", "0"},
                                                      {"x", "0", "0"},
                                                      {"11", "0x", "0"},
                                                      {"11", "0", ""},
                                                      {"11", "0", "0", "12 "},
                                                      {"11", "0", "0", "99999999999999999999"}}) {
        CAPTURE(malformed.size());
        CHECK_FALSE(read_crash(malformed).has_value());
        CHECK(describe_crash(malformed, "/bin/true", learner) == "crashed");
    }
}

TEST_CASE("a segmentation fault is told with its place and address")
{
    const stack_trace stack = {in_learners("which_way(unsigned long const*, unsigned long)", 31),
                               in_spec(12)};
    CHECK(
        describe_crash(fault_at(0), stack, learner) ==
        "segmentation fault in which_way (2_which_way.cpp:31), at address 0x0: is a pointer null?");
    CHECK(describe_crash(fault_at(24), stack, learner) ==
          "segmentation fault in which_way (2_which_way.cpp:31), at address 0x18: is a pointer "
          "null?");
    CHECK(
        describe_crash(fault_at(0x5588b068e86a), stack, learner) ==
        "segmentation fault in which_way (2_which_way.cpp:31), at address 0x5588b068e86a: is that "
        "memory yours, and writable?");
    CHECK(describe_crash(crash_by(SIGSEGV), stack, learner) ==
          "segmentation fault in which_way (2_which_way.cpp:31): was a pointer never set, or "
          "overwritten?");
    CHECK(describe_crash(fault_at(0), {}, learner) ==
          "segmentation fault, at address 0x0: is a pointer null?");
}

TEST_CASE("an overflowed stack is told apart by whether a function calls itself")
{
    crash overflow = fault_at(0x7ffd00001000);
    overflow.near_stack_pointer = true;
    const stack_trace endless(20, in_learners("depth(int)", 9));
    CHECK(describe_crash(overflow, endless, learner) ==
          "the stack overflowed in depth (2_which_way.cpp:9): does a function call itself without "
          "end?");
    const stack_trace once = {in_learners("big()", 10), in_spec(12)};
    CHECK(
        describe_crash(overflow, once, learner) ==
        "the stack overflowed in big (2_which_way.cpp:10): is a local variable too large for it?");
}

TEST_CASE("the learner's function is named before the libraries' and the spec's")
{
    const stack_frame own = in_learners("shout(char const*)", 9);
    const stack_frame at = {0, "program", "std::vector<int>::at(unsigned long)",
                            "/usr/include/c++/12/bits/stl_vector.h", 1154};
    CHECK(
        describe_crash(fault_at(0), {in_library, own, in_spec(12)}, learner) ==
        "segmentation fault in a library function called by shout (2_which_way.cpp:9), at address "
        "0x0: is a pointer null?");
    CHECK(describe_crash(fault_at(0), {at, own, in_spec(12)}, learner) ==
          "segmentation fault in std::vector::at called by shout (2_which_way.cpp:9), at address "
          "0x0: "
          "is a pointer null?");
    CHECK(describe_crash(fault_at(0), {in_spec(7), own, in_spec(12)}, learner) ==
          "segmentation fault in shout (2_which_way.cpp:9), at address 0x0: is a pointer null?");
    const stack_frame comparison = {0, "program",
                                    "bool doctest::detail::eq<int>(int const&, int const&)",
                                    "/usr/include/doctest/doctest.h", 1};
    CHECK(describe_crash(fault_at(0), {comparison, in_spec(12)}, learner) ==
          "segmentation fault in the spec (spec/which_way.cpp:12), at address 0x0: is a pointer "
          "null?");
    CHECK(describe_crash(fault_at(0), {in_library, in_spec(12)}, learner) ==
          "segmentation fault in a library function called by the spec (spec/which_way.cpp:12), at "
          "address 0x0: is a pointer null?");
}

TEST_CASE("each signal is told in words that lead to its usual cause")
{
    const stack_trace stack = {in_library, in_learners("share()", 5)};
    const stack_trace at_fault = {in_learners("share()", 5)};
    CHECK(describe_crash(crash_by(SIGABRT), stack, learner) ==
          "aborted in share (2_which_way.cpp:5): does its output say why (double free, overrun "
          "block, "
          "exception)?");
    CHECK(describe_crash(crash_by(SIGFPE), at_fault, learner) ==
          "arithmetic error in share (2_which_way.cpp:5): is something divided by zero?");
    CHECK(describe_crash(crash_by(SIGILL), at_fault, learner) ==
          "illegal instruction in share (2_which_way.cpp:5): does a function end without its "
          "return?");
    CHECK(describe_crash(crash_by(SIGBUS), at_fault, learner) ==
          "bus error in share (2_which_way.cpp:5): does a pointer point behind the end of a mapped "
          "file?");
    CHECK(describe_crash(crash_by(SIGALRM), at_fault, learner) ==
          "killed by signal 14 (Alarm clock) in share (2_which_way.cpp:5)");
}

TEST_CASE("offsets become functions and lines, in programs loaded anywhere or at a fixed address")
{
    const scratch_folder scratch;
    for (const char* option : {"-pie", "-no-pie"}) {
        CAPTURE(option);
        const std::filesystem::path program = scratch.path / "program";
        const std::vector<std::string> offsets = build_and_run(program, option);
        REQUIRE(offsets.size() == 3);
        const std::vector<std::string> fields = {
            "11",       "0",        "0",     "0",
            "0",        // the handler and the way into it are left out
            offsets[0], // the fault itself: the line after the call
            offsets[0], offsets[1], "-4096", "140000000000000"};
        const stack_trace stack = stack_at(read_crash(fields).value(), program);
        REQUIRE(stack.size() == 5);
        CHECK(plain_name(stack[0].function) == "shop::outer");
        CHECK(stack[0].line == 15);
        CHECK(plain_name(stack[1].function) == "shop::outer"); // a return address: the call's line
        CHECK(stack[1].line == 14);
        CHECK(is_in_file(stack[1], "program.cpp"));
        CHECK(plain_name(stack[2].function) == "main");
        CHECK(stack[2].line == 20);
        CHECK(stack[3].function.empty()); // outside the program
        CHECK(stack[4].file.empty());
        CHECK(describe_crash(fields, program, "program.cpp") ==
              "segmentation fault in shop::outer (program.cpp:15), at address 0x0: is a pointer "
              "null?");
    }
}

TEST_CASE("without a program or a stack there is no place, and no error")
{
    crash crashed = fault_at(0);
    CHECK(stack_at(crashed, "/proc/self/exe").empty());
    crashed.offsets = {1, 2, 3};
    const scratch_folder scratch;
    CHECK(stack_at(crashed, scratch.path / "absent").empty());
    write_file(scratch.path / "text", std::string(1000, 'x'));
    CHECK(stack_at(crashed, scratch.path / "text").empty());
}

TEST_CASE("a damaged program brings nothing down")
{
    const scratch_folder scratch;
    const std::filesystem::path program = scratch.path / "program";
    build_and_run(program, "-pie");
    const std::string image = read_file(program).value();
    crash crashed = fault_at(0);
    crashed.offsets = {0, 0, 0x1100, 0x1200};
    std::mt19937 random{7};
    for (int round = 0; round < 40; ++round) {
        std::string damaged = round % 4 == 0 ? image.substr(0, random() % 1200) : image;
        if (!damaged.empty()) {
            char& c = damaged[random() % std::min<std::size_t>(damaged.size(), 128)];
            c = static_cast<char>(c ^ (1 << random() % 8));
        }
        write_file(program, damaged);
        CHECK(doctest::Contains("segmentation fault")
                  .checkWith(describe_crash(crashed, stack_at(crashed, program), learner).c_str()));
    }
}

TEST_CASE(
    "what a learner's function called is the library's function, not the spec's stand-in for it")
{
    stack_frame library = in_library;
    library.function = "malloc";
    stack_frame stand_in = in_library;
    stand_in.function = "__wrap_malloc";
    const stack_trace stack{library, stand_in, in_learners("which_way", 12), in_spec(30)};
    CHECK(callee_of(stack, stack.begin() + 2) == "malloc");
}
