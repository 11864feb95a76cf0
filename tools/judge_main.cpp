// The main of every exercise: runs the spec and reports what happened to whoever judges it.
//
// Without arguments (a learner in a debugger) it is an ordinary doctest program. The other ways in:
//   --heaplings-list FILE                 write the names of the spec's test cases into FILE
//   --heaplings-evidence FD native|valgrind|kernel   run, report over the socket or
//   console FD (see tools/evidence.hpp)
//   --heaplings-probe ARGUMENT...         run the spec's heaplings_probe() in this fresh process
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <execinfo.h>
#include <fcntl.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

// A spec that must look at a fresh process defines this and runs /proc/self/exe with
// --heaplings-probe; the arguments after that flag are passed on.
extern "C" [[gnu::weak]] int heaplings_probe(int argc, char** argv);

extern "C" const char __executable_start; // from the linker: where this program was loaded

namespace {

int evidence_fd = -1;
pid_t judge_pid = 0;
char key[33] = ""; // told by the guard, repeated on each line: a line without it is not ours

pid_t current_pid()
{
    return static_cast<pid_t>(::syscall(SYS_getpid));
}

// One line of evidence: fields separated by tabs, written at once, without any heap allocation.
// Children of the judge stay silent: what they do is for the spec to see.
class line
{
public:
    explicit line(std::string_view kind)
    {
        append(key);
        field(kind);
    }
    ~line()
    {
        if (evidence_fd < 0 || current_pid() != judge_pid) return;
        text_[size_++] = '\n';
        for (std::size_t sent = 0; sent < size_;) {
            const long n = ::syscall(SYS_write, evidence_fd, text_ + sent, size_ - sent);
            if (n <= 0) return;
            sent += static_cast<std::size_t>(n);
        }
    }
    line(const line&) = delete;
    line& operator=(const line&) = delete;

    line& field(std::string_view value)
    {
        put('\t');
        for (const char c : value) {
            if (c == '\n')
                append("\\n");
            else if (c == '\t')
                append("\\t");
            else if (c == '\\')
                append("\\\\");
            else
                put(c);
        }
        return *this;
    }
    line& field(long value)
    {
        char digits[24];
        std::snprintf(digits, sizeof digits, "%ld", value);
        return field(std::string_view{digits});
    }
    line& place(const char* file, unsigned number)
    {
        const char* const slash = std::strrchr(file, '/');
        field(slash != nullptr ? slash + 1 : file);
        return field(static_cast<long>(number));
    }

private:
    void put(char c)
    {
        if (size_ < sizeof text_ - 1) text_[size_++] = c; // one byte is kept for the newline
    }
    void append(std::string_view more)
    {
        for (const char c : more) put(c);
    }

    char text_[8192];
    std::size_t size_ = 0;
};

// Tells the guard each step, so that it knows which case was running when the program ended.
struct evidence final : doctest::IReporter
{
    explicit evidence(const doctest::ContextOptions&) {}

    void report_query(const doctest::QueryData& query) override
    {
        for (unsigned i = 0; i < query.num_data; ++i) {
            const doctest::TestCaseData& test = *query.data[i];
            line{"expect"}.place(test.m_file.c_str(), test.m_line).field(test.m_name);
        }
    }
    void test_run_start() override { line{"begin"}; }
    void test_run_end(const doctest::TestRunStats& all) override
    {
        line{"end"}.field(static_cast<long>(all.numTestCasesPassingFilters));
    }
    void test_case_start(const doctest::TestCaseData& test) override
    {
        current_ = &test;
        line{"start"}.place(test.m_file.c_str(), test.m_line).field(test.m_name);
    }
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats& stats) override
    {
        line{"case"}
            .place(current_->m_file.c_str(), current_->m_line)
            .field(current_->m_name)
            .field(stats.testCaseSuccess && stats.failure_flags == 0 ? 1L : 0L)
            .field(static_cast<long>(stats.numAssertsCurrentTest))
            .field(static_cast<long>(stats.numAssertsFailedCurrentTest));
    }
    void test_case_exception(const doctest::TestCaseException& thrown) override
    {
        line{"throw"}.field(thrown.error_string.c_str());
    }
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData& failed) override
    {
        if (!failed.m_failed) return;
        char text[1024];
        std::snprintf(text, sizeof text, "%s( %s )", doctest::assertString(failed.m_at),
                      failed.m_expr);
        report("fail", failed.m_file, failed.m_line, text,
               failed.m_threw ? failed.m_exception.c_str() : failed.m_decomp.c_str(),
               failed.m_threw);
    }
    void log_message(const doctest::MessageData& message) override
    {
        report("message", message.m_file, message.m_line, message.m_string.c_str(), "", false);
    }
    void test_case_skipped(const doctest::TestCaseData& test) override
    {
        line{"skip"}.place(test.m_file.c_str(), test.m_line).field(test.m_name);
    }

private:
    // place, text, values or exception, whether it threw, then what INFO said
    static void report(const char* kind, const char* file, int number, const char* text,
                       const char* values, bool threw)
    {
        line out{kind};
        out.place(file, static_cast<unsigned>(number)).field(text).field(values);
        out.field(threw ? 1L : 0L);
        const int scopes = get_num_active_contexts();
        const doctest::IContextScope* const* scope = get_active_contexts();
        for (int i = 0; i < scopes; ++i) {
            std::ostringstream told;
            scope[i]->stringify(&told);
            out.field(told.str());
        }
    }

    const doctest::TestCaseData* current_ = nullptr;
};
REGISTER_REPORTER("heaplings", 1, evidence);

// Says where the program crashed, as offsets into it, and lets the signal take its course.
// backtrace(3) was called once before, so it allocates nothing here.
void on_crash(int number, siginfo_t* info, void* context)
{
    if (current_pid() == judge_pid) {
        const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
        long near_stack_pointer = 0;
#if defined(__x86_64__)
        const auto stack = static_cast<std::uintptr_t>(
            static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP]);
        near_stack_pointer =
            number == SIGSEGV && address + 65536 > stack && address < stack + 65536;
#elif defined(__aarch64__)
        const std::uintptr_t stack = static_cast<const ucontext_t*>(context)->uc_mcontext.sp;
        near_stack_pointer =
            number == SIGSEGV && address + 65536 > stack && address < stack + 65536;
#endif
        line out{"crash"};
        out.field(static_cast<long>(number));
        // An address that no pointer can have is not told by the processor: si_addr is 0 then.
        if (info->si_code == SI_KERNEL)
            out.field("");
        else
            out.field(static_cast<long>(address));
        out.field(near_stack_pointer);
        void* frames[48];
        const int depth = ::backtrace(frames, 48);
        for (int i = 0; i < depth; ++i) {
            out.field(static_cast<long>(reinterpret_cast<std::uintptr_t>(frames[i]) -
                                        reinterpret_cast<std::uintptr_t>(&__executable_start)));
        }
    }
    std::signal(number, SIG_DFL);
    ::raise(number);
}

void watch_for_crashes()
{
    static char stack[128 * 1024]; // its own: the learner's may be used up
    const stack_t alternate{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
    ::sigaltstack(&alternate, nullptr);
    void* warm_up[1];
    ::backtrace(warm_up, 1);
    struct sigaction action
    {
    };
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
        ::sigaction(number, &action, nullptr);
    }
}

int run_doctest(const char* argument0, const char* option)
{
    const char* const arguments[] = {argument0, "--reporters=heaplings", "--no-colors", option};
    return doctest::Context{option != nullptr ? 4 : 3, arguments}.run();
}

int list_cases(const char* argument0, const char* file)
{
    evidence_fd = ::open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (evidence_fd < 0) {
        std::perror(file);
        return 1;
    }
    return run_doctest(argument0, "--list-test-cases");
}

int give_evidence(const char* argument0, const char* descriptor, std::string_view how)
{
    evidence_fd = std::atoi(descriptor);
    ::fcntl(evidence_fd, F_SETFD, FD_CLOEXEC);
    if (::read(evidence_fd, key, sizeof key - 1) != static_cast<ssize_t>(sizeof key - 1)) return 2;
    if (how != "valgrind") watch_for_crashes();
    return run_doctest(argument0, nullptr);
}

} // namespace

int main(int argc, char** argv)
{
    judge_pid = current_pid();
    const std::string_view way = argc > 1 ? argv[1] : "";
    if (way == "--heaplings-list" && argc == 3) return list_cases(argv[0], argv[2]);
    if (way == "--heaplings-evidence" && argc == 4) {
        return give_evidence(argv[0], argv[2], argv[3]);
    }
    if (way == "--heaplings-probe") {
        return heaplings_probe != nullptr ? heaplings_probe(argc - 2, argv + 2) : 2;
    }
    return doctest::Context{argc, argv}.run();
}
