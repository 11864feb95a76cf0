#include "object_gate.hpp"

#include "process.hpp"
#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <heaplings/error.hpp>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <unistd.h>

using namespace heaplings::tools;

namespace {

class object_file
{
public:
    [[nodiscard]] std::filesystem::path path() const { return folder_.path / "answer.o"; }

    void compile(const std::string& source) const
    {
        const std::string file = folder_.path / "answer.cpp";
        write_file(file, source);
        const finished_command built = run_command({HEAPLINGS_TEST_CXX, "-std=c++20", "-w", "-O0",
                                                    "-g", "-c", file, "-o", path().string()});
        INFO(built.said);
        REQUIRE(built.status == 0);
    }

private:
    scratch_folder folder_;
};

// The reason for which the source is refused; empty if it is not.
std::string reason(const std::string& source, const std::vector<std::string>& allowed = {})
{
    const object_file object;
    object.compile(source);
    return why_not_judged(object.path(), allowed).value_or("");
}

} // namespace

TEST_CASE("an ordinary answer can be judged")
{
    CHECK(reason("") == "");
    CHECK(reason("#include <cstdlib>\n"
                 "int* make() { return static_cast<int*>(std::malloc(sizeof(int))); }") == "");
    CHECK(
        reason("#include <iostream>\n#include <map>\n#include <string>\n#include <vector>\n"
               "struct shape { virtual ~shape() = default; };\n"
               "int answer() { std::map<std::string, std::vector<int>> m; m[\"a\"].push_back(1);\n"
               "    std::cout << m.size(); throw shape{}; }\n"
               "template class std::vector<double>;") == "");
}

TEST_CASE("a main of one's own is refused")
{
    CHECK(reason("int main() {}") ==
          "your file defines main: the exercise has its own; rename yours or "
          "run it elsewhere");
    CHECK(reason("namespace mine { int main() { return 0; } }") == "");
}

TEST_CASE("any use of doctest is refused, an equal word is not")
{
    const std::string refused =
        "your file uses doctest: the tests are in spec/, your file needs none";
    CHECK(reason("namespace doctest { struct Context { int run(); }; }\n"
                 "int answer() { return doctest::Context{}.run(); }") == refused);
    CHECK(reason("namespace doctest { struct Context { int run() const; }; }\n"
                 "int doctest::Context::run() const { return 0; }") == refused);
    CHECK(reason("namespace my_doctest { void run() {} }\nvoid doctest() {}") == "");
}

TEST_CASE("names of the tests and the judge are refused, defined or called")
{
    CHECK(reason("extern \"C\" int heaplings_probe(int, char**) { return 0; }") ==
          "your file uses `heaplings_probe`, which belongs to the tests: rename it");
    CHECK(reason("extern \"C\" void* __real_malloc(unsigned long);\n"
                 "void* answer() { return __real_malloc(4); }") ==
          "your file uses `__real_malloc`, which belongs to the tests: rename it");
    CHECK(reason("extern \"C\" void* __wrap_malloc(unsigned long) { return nullptr; }") ==
          "your file uses `__wrap_malloc`, which belongs to the tests: rename it");
}

TEST_CASE("what the C or C++ library exports too is refused by name")
{
    CHECK(reason("extern \"C\" long write(int, const void*, unsigned long) { return 0; }") ==
          "your file defines `write`, which the C library has too: rename it or make it static");
    CHECK(reason("double y1;") ==
          "your file defines `y1`, which the C library has too: rename it or make it static");
    CHECK(reason("void* operator new(unsigned long) { return nullptr; }") ==
          "your file defines `operator new(unsigned long)`, which the C++ library has too: rename "
          "it or "
          "make it static");
    CHECK(reason("[[gnu::weak]] void operator delete(void*) noexcept {}") != "");
    CHECK(reason("extern \"C\" [[gnu::weak]] void free(void*) {}") != "");
    CHECK(reason("asm(\".globl exit\\nexit: ret\");") != "");
}

TEST_CASE("a name of one's own that only looks like a library's can be judged")
{
    CHECK(reason("int write(int) { return 0; }") == ""); // C++ tells it apart by its parameters
    CHECK(reason("static int index; int* answer() { return &index; }") == "");
    CHECK(reason("namespace { double y1; } double* answer() { return &y1; }") == "");
    CHECK(reason("asm(\"exit: ret\");") == ""); // a name of this file alone
    CHECK(reason("namespace mine { void* malloc(unsigned long) { return nullptr; } }") == "");
    CHECK(reason("struct pool { void* operator new(unsigned long); };\n"
                 "void* pool::operator new(unsigned long) { return nullptr; }") == "");
}

TEST_CASE("an exercise may ask for definitions of library functions")
{
    const std::string source = "extern \"C\" void* malloc(unsigned long) { return nullptr; }\n"
                               "extern \"C\" void free(void*) {}\n"
                               "void* operator new(unsigned long) { return nullptr; }";
    CHECK(reason(source, {"malloc", "free", "operator new"}) == "");
    CHECK(reason(source, {"malloc", "operator new"}) ==
          "your file defines `free`, which the C library has too: rename it or make it static");
    CHECK(reason(source, {"mallo", "free", "operator new"}) != "");
}

TEST_CASE("what is no object file is an error with its name")
{
    const object_file object;
    CHECK_THROWS_WITH_AS(static_cast<void>(why_not_judged(object.path(), {})),
                         doctest::Contains("answer.o"), std::system_error);
    for (const std::string& content : {std::string{}, std::string{"BC\xC0\xDE"},
                                       std::string(4096, 'x'), std::string{"\x7f"} + "ELF"}) {
        write_file(object.path(), content);
        CHECK_THROWS_WITH_AS(static_cast<void>(why_not_judged(object.path(), {})),
                             doctest::Contains("answer.o"), heaplings::parse_error);
    }
}

TEST_CASE("damaged object files are refused or read, and never bring the reader down")
{
    const object_file object;
    object.compile("extern \"C\" int heap_answer(int n) { return n; }\n"
                   "namespace mine { int count(const int* p) { return *p; } }");
    const std::string whole = read_file(object.path()).value();
    std::size_t refused = 0;
    const auto judge_damaged = [&](const std::string& content) {
        write_file(object.path(), content);
        try {
            static_cast<void>(why_not_judged(object.path(), {}));
        } catch (const heaplings::parse_error&) {
            ++refused;
        }
    };
    for (std::size_t size = 0; size < whole.size(); size += 16)
        judge_damaged(whole.substr(0, size));
    CHECK(refused == (whole.size() + 15) / 16); // all: what comes last is the section table

    // Flipped bits: anywhere, and in the header and the section table, where the offsets are.
    std::mt19937 random{11};
    const std::size_t table = whole.size() - 512;
    for (int round = 0; round < 300; ++round) {
        for (const std::size_t at : {random() % whole.size(), random() % std::size_t{64},
                                     table + random() % std::size_t{512}}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
            judge_damaged(damaged);
        }
    }
}
