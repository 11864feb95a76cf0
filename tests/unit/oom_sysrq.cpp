#include <heaplings/oom_adjuster/sysrq.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

using heaplings::oom_kill_on;

TEST_SUITE_BEGIN("oom_adjuster");

TEST_CASE("User-Mode Linux is a disposable kernel, other machines are not")
{
    const synthetic_proc proc;
    const auto disposable = [&](std::string_view cpuinfo) {
        proc.write_system("cpuinfo", cpuinfo);
        return heaplings::in_disposable_kernel(proc.root());
    };
    CHECK_FALSE(heaplings::in_disposable_kernel(proc.root()));
    CHECK(disposable("processor\t: 0\nvendor_id\t: User Mode Linux\nmodel name\t: UML\n"));
    CHECK_FALSE(disposable("processor\t: 0\nvendor_id\t: GenuineIntel\n"));
    CHECK_FALSE(disposable("processor\t: 0\nmodel name\t: User Mode Linux\n"));
    CHECK_FALSE(
        disposable("vendor_id\t: GenuineIntel\nmodel name\t: vendor_id : User Mode Linux\n"));
    CHECK_FALSE(disposable(""));
}

TEST_CASE("outside of a disposable kernel nothing is triggered, unless the caller insists")
{
    const synthetic_proc proc;
    proc.write_system("cpuinfo", "vendor_id\t: GenuineIntel\n");
    proc.write_system("sysrq-trigger", "");
    const auto triggered = [&] {
        std::ifstream in{proc.system_file("sysrq-trigger")};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    CHECK_THROWS_AS(heaplings::trigger_oom_killer(oom_kill_on::disposable_kernel_only, proc.root()),
                    std::runtime_error);
    CHECK(triggered().empty());
    heaplings::trigger_oom_killer(oom_kill_on::any_machine_even_one_with_work_on_it, proc.root());
    CHECK(triggered() == "f");
}

TEST_CASE("in a disposable kernel f is written, and a refusal names the file")
{
    const synthetic_proc proc;
    proc.write_system("cpuinfo", "vendor_id\t: User Mode Linux\n");
    CHECK_THROWS_WITH_AS(
        heaplings::trigger_oom_killer(oom_kill_on::disposable_kernel_only, proc.root()),
        ("cannot open " + proc.root() + "/sysrq-trigger: No such file or directory").c_str(),
        std::system_error);
    proc.write_system("sysrq-trigger", "");
    heaplings::trigger_oom_killer(oom_kill_on::disposable_kernel_only, proc.root());
    CHECK(std::filesystem::file_size(proc.system_file("sysrq-trigger")) == 1);
}

TEST_SUITE_END();
