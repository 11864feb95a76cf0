// What kernels wrote when memory ran out: of each report the lines that tell of processes. All lines
// are in tests/data/oom_logs.
#pragma once

#include <string_view>

namespace recorded {

// Linux 6.1, dmesg: the machine ran out of memory twice. Recorded.
inline constexpr std::string_view global_6_1 = R"log([    4.471920] hog) (total-vm: invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
[    4.476844] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[    4.476979] [     84]     0    84    10546    10347   122880        0         -1000 protected
[    4.477010] [     85]     0    85    38706    38529   352256        0          -500 big but -500
[    4.477020] [     86]     0    86    15666    15386   163840        0             0 a b) [c] (d
[    4.477029] [     87]     0    87     5426     5156    81920        0             0 new
[    4.477039] [     88]     0    88     2866     2691    61440        0           900 small +900
[    4.477047] [     89]     0    89     7986     7773   102400        0           100 [brackets]
[    4.477055] [     90]     0    90    37170    32946   315392        0             0 hog) (total-vm:
[    4.477076] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=small +900,pid=88,uid=0
[    4.488238] Out of memory: Killed process 88 (small +900) total-vm:11464kB, anon-rss:10308kB, file-rss:0kB, shmem-rss:456kB, UID:0 pgtables:60kB oom_score_adj:900
[    4.526979] hog) (total-vm: invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
[    4.527798] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[    4.527831] [     84]     0    84    10546    10347   122880        0         -1000 protected
[    4.527844] [     85]     0    85    38706    38529   352256        0          -500 big but -500
[    4.527853] [     86]     0    86    15666    15386   163840        0             0 a b) [c] (d
[    4.527863] [     87]     0    87     5426     5156    81920        0             0 new
[    4.527900] [     89]     0    89     7986     7773   102400        0           100 [brackets]
[    4.527907] [     90]     0    90    37170    35256   331776        0             0 hog) (total-vm:
[    4.527916] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=hog) (total-vm:,pid=90,uid=0
[    4.528025] Out of memory: Killed process 90 (hog) (total-vm:) total-vm:148680kB, anon-rss:140756kB, file-rss:0kB, shmem-rss:268kB, UID:0 pgtables:324kB oom_score_adj:0
)log";

// Linux 6.1, /dev/kmsg: a memory cgroup was at its limit. Recorded.
inline constexpr std::string_view memcg_6_1 = R"log(4,354,3372298,-;mem hog) {x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
6,386,3374892,-;[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
6,387,3374984,-;[     83]     0    83     2354     2162    53248        0             0 bystander
6,388,3375016,-;[     84]     0    84     5426     5197    77824        0          -900 adj-neg
6,389,3375059,-;[     85]     0    85     1330     1105    45056        0         -1000 immune
6,390,3375068,-;[     86]     0    86     8498     8237   102400        0             0 mem hog) {x
6,391,3375093,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/student job,task_memcg=/student job/leaf(1),task=mem hog) {x,pid=86,uid=0
3,392,3375835,-;Memory cgroup out of memory: Killed process 86 (mem hog) {x) total-vm:33992kB, anon-rss:32492kB, file-rss:0kB, shmem-rss:456kB, UID:0 pgtables:100kB oom_score_adj:0
)log";

// Linux 6.1, /dev/kmsg, with vm.oom_kill_allocating_task set. Recorded.
inline constexpr std::string_view allocating_6_1 = R"log(4,356,4542108,-;allocating task invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
6,403,4548386,-;[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
6,404,4548522,-;[     84]     0    84    51506    51266   450560        0           500 fat idle
6,405,4548544,-;[     85]     0    85    61746    61255   532480        0             0 allocating task
6,406,4548564,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=allocating task,pid=85,uid=0
3,407,4549247,-;Out of memory (oom_kill_allocating_task): Killed process 85 (allocating task) total-vm:246984kB, anon-rss:244752kB, file-rss:0kB, shmem-rss:268kB, UID:0 pgtables:520kB oom_score_adj:0
)log";

// Linux 6.18, dmesg: the task table has more columns. Recorded.
inline constexpr std::string_view memcg_6_18 = R"log([ 3771.549326] Web Content (2) invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=167
[ 3771.549686] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
[ 3771.549689] [  28661]     0 28661    36731    14689    13481     1208         0   167936        0           167 Web Content (2)
[ 3771.549693] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/process_api/730c601031bb70bf4149c6d646c53625/hld_28660,task_memcg=/process_api/730c601031bb70bf4149c6d646c53625/hld_28660,task=Web Content (2),pid=28661,uid=0
[ 3771.549713] Memory cgroup out of memory: Killed process 28661 (Web Content (2)) total-vm:146924kB, anon-rss:53924kB, file-rss:4832kB, shmem-rss:0kB, UID:0 pgtables:164kB oom_score_adj:167
)log";

// Linux 4.19, dmesg -T. Written after the source of that kernel.
inline constexpr std::string_view child_4_19 = R"log([Mon Nov 23 07:18:41 2026] postgres invoked oom-killer: gfp_mask=0x6200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null), order=0, oom_score_adj=0
[Mon Nov 23 07:18:41 2026] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[Mon Nov 23 07:18:41 2026] [   3001]   105  3001   530000   401000   3342336        0             0 postgres
[Mon Nov 23 07:18:41 2026] [   3020]   105  3020   530200    91000    802816        0             0 postgres
[Mon Nov 23 07:18:41 2026] [   3044]     0  3044     1800      290     53248        0          -900 sshd
[Mon Nov 23 07:18:41 2026] Out of memory: Kill process 3001 (postgres) score 402 or sacrifice child
[Mon Nov 23 07:18:41 2026] Killed process 3020 (postgres) total-vm:2120800kB, anon-rss:360000kB, file-rss:1000kB, shmem-rss:3000kB
[Mon Nov 23 07:18:41 2026] oom_reaper: reaped process 3020 (postgres), now anon-rss:0kB, file-rss:0kB, shmem-rss:3000kB
[Mon Nov 23 07:18:41 2026] Out of memory: Kill process 3001 (postgres) score 402 or sacrifice child
[Mon Nov 23 07:18:41 2026] Killed process 3021 (postgres) total-vm:2120900kB, anon-rss:350000kB, file-rss:900kB, shmem-rss:3000kB
[Mon Nov 23 07:18:41 2026] oom_reaper: unable to reap pid:3021 (postgres)
)log";

// Linux 3.10 of a distribution, journalctl -k -o short-iso. Written after the source.
inline constexpr std::string_view memcg_3_10 = R"log(2026-11-23T07:18:41+0000 box kernel: java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
2026-11-23T07:18:41+0000 box kernel: [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
2026-11-23T07:18:41+0000 box kernel: [ 4700]     0  4700     2901      301       8        0             0 sh
2026-11-23T07:18:41+0000 box kernel: [ 4711]  1000  4711  1234567   130070     300        5             0 java
2026-11-23T07:18:41+0000 box kernel: Memory cgroup out of memory: Kill process 4711 (java) score 999 or sacrifice child
2026-11-23T07:18:41+0000 box kernel: Killed process 4711 (java), UID 1000, total-vm:4938268kB, anon-rss:519000kB, file-rss:1280kB, shmem-rss:0kB
)log";

} // namespace recorded
