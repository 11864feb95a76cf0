#!/bin/sh
# Runs the OOM demo again and again, each time in a fresh kernel: equal_verdicts.sh RUNS. Run by stage.sh.
set -eu
expected='the small one ended by signal 9
the log tells its kill 1 time
the big one lives: yes
it ended by signal 9
OOM kills: 1
sysrq f: it ended by signal 9
OOM kills: 2'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run=0
while [ "$run" -lt "$1" ]; do
    run=$((run + 1))
    status=0
    said=$("$STAGE/heaplings" kernel --time-limit 30s --log "$log" -- "$STAGE/oom_demo" </dev/null 2>&1) || status=$?
    if [ "$status" -ne 0 ] || [ "$said" != "$expected" ]; then
        printf 'run %d of %d ended with status %d and said:\n%s\n' "$run" "$1" "$status" "$said"
        grep -E 'invoked oom|Killed process|free:|Kernel panic' "$log" || true
        exit 1
    fi
done
echo "$run of $1 runs gave the same verdict"
