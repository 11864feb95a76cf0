// Runs a command to which system calls are refused, as a container's seccomp profile may do:
//   refuse CALL... -- COMMAND...
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace {

unsigned number_of(std::string_view call)
{
    if (call == "landlock_create_ruleset") return SYS_landlock_create_ruleset;
    if (call == "personality") return SYS_personality;
    if (call == "ptrace") return SYS_ptrace;
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    std::vector<sock_filter> code{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    int at = 1;
    for (; at < argc && std::strcmp(argv[at], "--") != 0; ++at) {
        const unsigned number = number_of(argv[at]);
        if (number == 0) {
            std::fprintf(stderr, "refuse: unknown call %s\n", argv[at]);
            return 2;
        }
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
        code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
    }
    code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
    if (at + 1 >= argc || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        std::perror("refuse");
        return 2;
    }
    ::execvp(argv[at + 1], argv + at + 1);
    std::perror(argv[at + 1]);
    return 127;
}
