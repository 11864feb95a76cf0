#include <heaplings/oom_adjuster/capability.hpp>

#include <heaplings/proc/status.hpp>

#include <doctest/doctest.h>

#include <linux/capability.h>

using heaplings::read_status;

TEST_SUITE_BEGIN("oom_adjuster");

TEST_CASE("the capability that the kernel shows in status is the one that is found")
{
    const auto effective = read_status()->effective_capabilities;
    REQUIRE(effective);
    CHECK(heaplings::has_sys_resource_capability() == ((*effective >> CAP_SYS_RESOURCE & 1) != 0));
    if (!heaplings::has_sys_resource_capability())
        CHECK_FALSE(heaplings::may_lower_oom_score_adj());
}

TEST_SUITE_END();
