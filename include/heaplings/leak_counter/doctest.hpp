// Makes every doctest case of a program fail on what it leaks and on its bad frees.
//
// Include it in one source file of the test executable, as that which has doctest's main: it brings
// the hooks of operator new. For the malloc family too, include malloc_hooks.hpp before it.
//
//     #define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
//     #include <heaplings/leak_counter/doctest.hpp>
//
// Each run through a case is checked by itself, so with SUBCASE a leak is told by the path of
// subcases that made it. What doctest allocates itself does not count, as long as the executable is
// not stripped: the names of functions tell it apart. What a case may keep: a decorator,
// may_leak() of doctest_decorators.hpp; not_counted, allow_leaks_of, warm_up.
//
// Blocks of all threads count, unless doctest_leaks_of says otherwise. Under Valgrind only blocks
// that nothing points to any more are leaks, not_counted has no effect, and bad frees are in
// Valgrind's own report.
#pragma once

#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/doctest_decorators.hpp>
#include <heaplings/leak_counter/hooks.hpp>
#include <heaplings/leak_counter/record_from_start.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>

namespace heaplings {

// Whose leaks a test case answers for. Set it before the run, as where threads of no case allocate
// in the background.
inline scope_extent doctest_leaks_of = scope_extent::process;

namespace detail {

// doctest calls a listener at the beginning and the end of each case, before its reporters. The end
// comes when the case has been judged: a leak then corrects the judgement.
class leak_listener : public doctest::IReporter
{
public:
    explicit leak_listener(const doctest::ContextOptions& options) : options_{options} {}

    void test_run_start() override
    {
        const not_counted own_work;
        backend_ = active_backend();
        if (options_.quiet || options_.minimal || options_.no_intro) return;
        *options_.cout << "[heaplings] leaks of each test case: " << backend_
                       << (hooks_active(hook::malloc) ? ", malloc and new" : "") << '\n';
    }

    void test_case_start(const doctest::TestCaseData& test) override
    {
        const not_counted own_work;
        test_ = &test;
        begin();
    }

    void test_case_reenter(const doctest::TestCaseData&) override
    {
        const not_counted own_work;
        check();
        begin();
    }

    void test_case_end(const doctest::CurrentTestCaseStats& stats) override
    {
        const not_counted own_work;
        if (check()) correct(const_cast<doctest::CurrentTestCaseStats&>(stats)); // NOLINT
        end();
    }

    void test_run_end(const doctest::TestRunStats& stats) override
    {
        const not_counted own_work;
        // The object is doctest's own, and not const.
        auto& run = const_cast<doctest::TestRunStats&>(stats); // NOLINT
        run.numAsserts += failed_checks_of_run_;
        run.numAssertsFailed += failed_checks_of_run_;
        run.numTestCasesFailed += static_cast<unsigned>(failed_cases_);
        if (backend_ == backend::off) {
            *options_.cout << "[heaplings] no one counts allocations, so no leak was looked for\n";
            ++run.numTestCasesFailed;
        }
        if (const std::uint64_t outside = bad_free_log::count() - in_cases_; outside != 0) {
            *options_.cout << "[heaplings] " << outside
                           << " bad frees outside of the test cases, told of on stderr\n";
            ++run.numTestCasesFailed;
        }
    }

    void subcase_start(const doctest::SubcaseSignature& subcase) override
    {
        const not_counted own_work;
        path_ += path_.empty() ? "" : " / ";
        path_ += subcase.m_name.c_str();
    }

    void report_query(const doctest::QueryData&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}

private:
    void begin()
    {
        path_.clear();
        if (backend_ == backend::off) return;
        if (backend_ == backend::valgrind) {
            lost_before_ = count_valgrind_blocks().lost_blocks;
            return;
        }
        bad_frees_before_ = bad_free_log::count();
        scope_.emplace(doctest_leaks_of);
    }

    void end()
    {
        test_ = nullptr;
        scope_.reset();
    }

    // Whether this run through the case failed, and if so tells doctest why.
    bool check()
    {
        std::ostringstream found;
        if (backend_ == backend::valgrind) {
            const std::int64_t leaked = count_valgrind_blocks().lost_blocks - lost_before_;
            if (leaked > permitted_blocks()) {
                found << leaked << (leaked == 1 ? " leaked block" : " leaked blocks")
                      << "; Valgrind's report at the end of the program has the lines";
            }
        } else if (scope_) {
            in_cases_ += bad_free_log::count() - bad_frees_before_;
            const allocation_counts counts = scope_->counts();
            if (counts.live_blocks != 0 || counts.bad_frees != 0) {
                const leak_report report = scope_->report();
                const bool leaks = report.leaked_blocks() > permitted_blocks();
                if (leaks || !report.bad_frees().empty()) found << report;
            }
        }
        if (found.str().empty()) return false;
        log(found.str());
        return true;
    }

    [[nodiscard]] std::int64_t permitted_blocks() const
    {
        std::int64_t permitted = 0;
        for (const leak_permission& permission : leak_permissions()) {
            if (permission.line == test_->m_line && permission.file == test_->m_file.c_str()) {
                permitted = permission.most_blocks;
            }
        }
        return permitted;
    }

    // As a failed assertion, which all of doctest's reporters know; JUnit's leaves messages out.
    void log(const std::string& found) const
    {
        doctest::detail::ResultBuilder result{doctest::assertType::DT_CHECK, test_->m_file.c_str(),
                                              static_cast<int>(test_->m_line),
                                              "no leak and no bad free"};
        const std::string text = path_.empty() ? found : "in subcase " + path_ + ": " + found;
        result.setResult({false, text.c_str()});
        result.log();
    }

    // Adds one failed check to a case that doctest has judged already, as its
    // ContextState::finalizeTestCaseData does. The object is doctest's own, and not const.
    void correct(doctest::CurrentTestCaseStats& stats)
    {
        namespace reason = doctest::TestCaseFailureReason;
        const bool passed_before = stats.testCaseSuccess;
        ++stats.numAssertsCurrentTest;
        ++stats.numAssertsFailedCurrentTest;
        ++failed_checks_of_run_;
        stats.failure_flags &= ~(reason::ShouldHaveFailedButDidnt | reason::ShouldHaveFailedAndDid |
                                 reason::CouldHaveFailedAndDid | reason::DidntFailExactlyNumTimes |
                                 reason::FailedExactlyNumTimes);
        stats.failure_flags |= reason::AssertFailure;
        stats.testCaseSuccess = false;
        const auto passes_by = [&](reason::Enum flag) {
            stats.failure_flags |= flag;
            stats.testCaseSuccess = true;
        };
        if (test_->m_should_fail) {
            passes_by(reason::ShouldHaveFailedAndDid);
        } else if (test_->m_may_fail) {
            passes_by(reason::CouldHaveFailedAndDid);
        } else if (test_->m_expected_failures > 0) {
            if (stats.numAssertsFailedCurrentTest == test_->m_expected_failures) {
                passes_by(reason::FailedExactlyNumTimes);
            } else {
                stats.failure_flags |= reason::DidntFailExactlyNumTimes;
            }
        }
        failed_cases_ += static_cast<int>(passed_before) - static_cast<int>(stats.testCaseSuccess);
    }

    const doctest::ContextOptions& options_;
    backend backend_ = backend::off;
    const doctest::TestCaseData* test_ = nullptr;
    std::optional<leak_scope> scope_;
    std::string path_; // of the subcases that were entered
    std::int64_t lost_before_ = 0;
    std::uint64_t bad_frees_before_ = 0;
    std::uint64_t in_cases_ = 0; // bad frees that a case answered for
    int failed_checks_of_run_ = 0;
    int failed_cases_ = 0;
};

} // namespace detail
} // namespace heaplings

DOCTEST_REGISTER_LISTENER("heaplings_leaks", 1, heaplings::detail::leak_listener);
