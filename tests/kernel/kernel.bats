#!/usr/bin/env bats
# `heaplings kernel` from the shell: what it returns, that nothing of it survives, that nothing on the host
# changes. Run by stage.sh. bats-core(7) explains run, $status and $output.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    PATH="$STAGE:/usr/sbin:/usr/bin:/sbin:/bin"
}

teardown() {
    nothing_is_left
}

kernel() {
    heaplings kernel --time-limit 30s --log log "$@"
}

shows() { # TEXT: it is in $output
    [[ "$output" == *"$1"* ]] || { echo "expected: $1"; echo "$output"; return 1; }
}

running() { # PROGRAM: the processes that run it
    find /proc -maxdepth 2 -name exe -lname "$STAGE/$1" 2>/dev/null | cut -d/ -f3
}

wait_until() { # COMMAND...: up to 10 s
    for _ in $(seq 200); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    echo "waited in vain for: $*"
    return 1
}

none_runs() {
    [ -z "$(running '*')" ]
}

nothing_is_left() {
    wait_until none_runs || { ps -o pid,ppid,pgid,stat,args -p "$(running '*' | paste -sd,)"; return 1; }
    # What is not ours may go while find looks.
    left=$(find /dev/shm /tmp /var/tmp "${TMPDIR:-/tmp}" -maxdepth 1 -name 'heaplings-kernel-*' 2>/dev/null || true)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
}

# A kernel in which two processes sleep. $launcher, $supervisor and $machine, the kernel's own process.
start_sleeping() {
    heaplings kernel -- sh -c 'sleep 1000 & echo up; sleep 1000' </dev/null >up 2>said 3>&- &
    launcher=$!
    wait_until grep -qs up up
    supervisor=$(pgrep -P "$launcher")
    for machine in $(running linux.uml); do
        # The parent of the kernel's process is none of its processes.
        [ "$(readlink "/proc/$(ps -o ppid= -p "$machine" | tr -d ' ')/exe")" = "$STAGE/linux.uml" ] || break
    done
    [ -n "$supervisor" ] && [ -n "$machine" ]
}

@test "output, error and status are the command's, byte for byte" {
    head -c 300000 /dev/urandom >bytes
    head -c 300000 /dev/urandom >others
    status=0
    kernel -- sh -c 'cat bytes; cat others >&2; exit 42' </dev/null >out 2>err || status=$?
    [ "$status" -eq 42 ]
    cmp bytes out
    cmp others err
}

@test "standard input passes through, whatever its bytes" {
    head -c 200000 /dev/urandom >bytes
    kernel -- cat <bytes | cmp - bytes
    [ "$(printf 'no end of line' | kernel -- cat)" = 'no end of line' ]
    [ "$(kernel -- wc -c </dev/null)" -eq 0 ]
}

@test "input that nobody reads holds nothing up" {
    yes | head -c 300000 | kernel -- true
    yes | kernel -- head -n 1 >out
    [ "$(cat out)" = y ]
}

@test "arguments, environment and folder have any length and any characters" {
    long=$(head -c 100000 /dev/zero | tr '\0' x)
    folder=$(printf 'a "folder"\n%0200d' 0)
    mkdir "$folder"
    cd "$folder"
    LONG=$long kernel -- sh -c 'printf "%s|%s|%s|%s" "$1" "$2" "$LONG" "$PWD"' sh "$long" 'a  b"c
d' </dev/null >../out
    printf '%s|%s|%s|%s' "$long" 'a  b"c
d' "$long" "$PWD" | cmp - ../out
}

@test "the command's streams are pipes, so that it prints as into a pipe" {
    run kernel -- sh -c 'test -t 0 || test -t 1 || test -t 2 || echo none' </dev/null
    [ "$output" = none ]
}

@test "on a terminal it has a terminal, and Ctrl-] ends the kernel" {
    run timeout 30 script -qec 'heaplings kernel -- sh -c "test -t 0 && test -t 1 && tty; exit 3"' /dev/null </dev/null
    [ "$status" -eq 3 ]
    shows /dev/tty1
    { wait_until grep -qs 'started by [0-9]' typescript; printf '\035'; sleep 1; } |
        timeout 30 script -fqec 'heaplings kernel -- sh -c "echo started by \$\$; sleep 1000"' typescript >/dev/null || true
    grep -q interrupted typescript
}

@test "a command that a signal kills gives 128 and the signal" {
    run -137 kernel -- sh -c 'kill -9 $$' </dev/null
}

@test "a command that is not there gives 127, one that can't be run 126" {
    run -127 kernel -- no_such_command </dev/null
    shows 'cannot run no_such_command: No such file or directory'
    run -126 kernel -- /etc/passwd </dev/null
    shows 'Permission denied'
}

@test "the kernel's log is apart, and holds what the OOM killer says" {
    run -0 kernel -- sh -c 'sleep 100 & echo 1000 >/proc/$!/oom_score_adj
        echo f >/proc/sysrq-trigger; wait $!; echo $?' </dev/null
    shows 137
    grep -q 'Out of memory: Killed process' log
}

@test "the machine has the memory and swap it was given, the same each time" {
    kernel --memory 64M --swap 16M -- cat /proc/meminfo </dev/null >first
    grep -qE '^SwapTotal: +16380 kB' first
    for _ in $(seq 10); do
        kernel --memory 64M --swap 16M -- cat /proc/meminfo </dev/null >again
        [ "$(grep MemTotal again)" = "$(grep MemTotal first)" ]
    done
}

@test "too little memory is a bad call" {
    run -2 heaplings kernel --memory 16M -- true
    shows 'a kernel needs 22 MiB'
}

@test "the time limit gives 124" {
    run -124 heaplings kernel --time-limit 700ms -- sleep 1000 </dev/null
    shows 'stopped after 700 ms'
}

@test "a panic gives 125 and says so" {
    run -125 kernel -- sh -c 'echo c >/proc/sysrq-trigger; sleep 1000' </dev/null
    shows 'Kernel panic - not syncing: sysrq triggered crash'
}

@test "a kernel that is switched off before the end gives 125" {
    run -125 kernel -- sh -c 'echo o >/proc/sysrq-trigger; sleep 1000' </dev/null
    shows 'switched off'
}

@test "root inside can't kill the first process" {
    run -0 kernel -- sh -c 'kill -9 1; sleep 0.1; echo lives' </dev/null
    [ "$output" = lives ]
}

@test "a reader that leaves ends it" {
    run -0 timeout 30 bash -c 'heaplings kernel -- yes </dev/null | head -n 1; exit $((PIPESTATUS[0] != 141))'
    [ "$output" = y ]
}

@test "SIGINT and SIGTERM end it" {
    for signal in INT TERM HUP; do
        start_sleeping
        # A shell starts what is in the background with SIGINT ignored.
        [ "$signal" = INT ] && signal=TERM
        kill -"$signal" "$launcher"
        status=0
        wait "$launcher" || status=$?
        [ "$status" -eq $((128 + $(kill -l "$signal"))) ]
        wait_until none_runs
    done
}

@test "SIGKILL of the launcher leaves nothing" {
    start_sleeping
    kill -9 "$launcher"
    nothing_is_left
}

@test "SIGKILL of the supervisor leaves nothing, and is said" {
    start_sleeping
    kill -9 "$supervisor"
    run ! wait "$launcher"
    nothing_is_left
    grep -q 'supervisor of the kernel was killed' said
}

@test "SIGKILL of the kernel leaves nothing, and is said" {
    start_sleeping
    kill -9 "$machine"
    status=0
    wait "$launcher" || status=$?
    [ "$status" -eq 125 ]
    nothing_is_left
}

@test "SIGKILL of launcher and supervisor at once leaves nothing" {
    unshare --user --pid --fork true 2>/dev/null || skip 'no namespaces: nothing is left that could end the kernel'
    start_sleeping
    kill -9 "$launcher" "$supervisor"
    nothing_is_left
}

@test "SIGKILL while it starts leaves nothing" {
    for delay in 0 0.002 0.005 0.01 0.02 0.04; do
        heaplings kernel -- sleep 1000 </dev/null >up 2>said 3>&- &
        sleep "$delay"
        kill -9 $!
        wait_until none_runs
    done
}

@test "a fork bomb inside stays inside and ends with the time limit" {
    # What started it is spared by the OOM killer, which the bomb wakes.
    run -124 heaplings kernel --time-limit 2s -- \
        sh -c 'bomb() { bomb | bomb & }; bomb & echo -1000 >/proc/$$/oom_score_adj; sleep 1000' </dev/null
}

# What root inside tries; each must be refused. $1 is a folder of the host's with `file`, `other` and `folder`.
attacks='
    cd "$1" || exit 1
    attempt() { if "$@" 2>/dev/null; then echo "done: $*"; fi; }
    attempt sh -c "echo more >>file"
    attempt sh -c "echo new >created"
    attempt truncate -s 0 file
    attempt mv file moved
    attempt rm file
    attempt ln file link
    attempt ln -s file symbolic
    attempt chmod 777 file
    attempt chown 1:1 file
    attempt touch -d 2001-01-01 file
    attempt touch -d 2001-01-01 .
    attempt mkdir made
    attempt rmdir folder
    attempt mknod device c 1 3
    attempt mkfifo fifo
    attempt mv other folder
    attempt cp /bin/true file
    attempt dd if=/dev/zero of=file bs=1 count=1 conv=notrunc
    true'

facts() { # what there is to know of a folder
    find "$1" -printf '%P %y %m %U %G %s %T@ %C@ %l\n' | sort
    find "$1" -type f -exec cksum {} + | sort
}

prepare_host() {
    mkdir -p host/folder
    echo precious >host/file
    echo other >host/other
    facts host >before
}

unchanged() {
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ -z "$output" ] || { echo "$output"; return 1; }
    facts host >after
    diff before after
}

@test "root inside changes nothing on the host" {
    prepare_host
    run kernel -- sh -c "$attacks" sh "$PWD/host" </dev/null
    unchanged
}

@test "nor after it has remounted the root for writing" {
    prepare_host
    run kernel -- sh -c "mount -o remount,rw / && $attacks" sh "$PWD/host" </dev/null
    unchanged
}

@test "nor through a mount of its own" {
    prepare_host
    run kernel -- sh -c "mkdir /run/host && mount -t hostfs -o \"\$1\" none /run/host && set -- /run/host && $attacks" sh "$PWD/host" </dev/null
    unchanged
}

@test "nor in the folder that holds the machine's memory" {
    run kernel -- sh -c 'mkdir /run/host && mount -t hostfs -o /dev/shm none /run/host && ! touch /run/host/heaplings-test-file' </dev/null
    [ "$status" -eq 0 ]
    [ ! -e /dev/shm/heaplings-test-file ]
}

@test "nor through the host's devices" {
    run kernel -- sh -c 'mkdir /run/host && mount -t hostfs -o /dev none /run/host && cd /run/host
        for disk in vda sda nvme0n1 mem; do ! echo x >$disk || echo "written: $disk"; done' </dev/null
    [[ "$output" != *written* ]]
}

@test "without Landlock it refuses, unless told otherwise" {
    run -125 refuse landlock_create_ruleset -- heaplings kernel -- true </dev/null
    shows Landlock
    shows --unprotected
    # What the tests above would have seen.
    prepare_host
    run -0 refuse landlock_create_ruleset -- heaplings kernel --unprotected -- \
        sh -c "mount -o remount,rw / && $attacks" sh "$PWD/host" </dev/null
    shows 'done: mv file moved'
}

@test "it says what keeps it from starting, and what to do" {
    run -125 refuse personality -- heaplings kernel -- true </dev/null
    shows 'cannot switch address space randomisation off'
    shows 'personality(2)'
    run -125 refuse ptrace -- heaplings kernel -- true </dev/null
    shows 'ptrace(2) is refused'
    HEAPLINGS_KERNEL=/nowhere run -125 heaplings kernel -- true </dev/null
    shows '/nowhere is no program'
    shows 'apt-get install user-mode-linux'
    HEAPLINGS_KERNEL=/bin/true run -125 heaplings kernel -- true </dev/null
    shows 'it ended without a word'
}

@test "a folder of PATH that may not be looked into is passed over" {
    mkdir found
    ln -s "$HEAPLINGS_KERNEL" found/linux.uml
    mkdir -m 000 locked
    run -0 env -u HEAPLINGS_KERNEL PATH="$PWD/locked:$PWD/found:$PATH" heaplings kernel -- true </dev/null
    chmod 700 locked
}

@test "it says that no folder can hold the machine's memory" {
    unshare --user --map-root-user --mount true 2>/dev/null || skip 'no namespace to try this in'
    cp -r "$STAGE" copy # behind a mount that stays executable
    run -125 unshare --user --map-root-user --mount sh -c '
        mount --bind copy /mnt || exit
        for folder in /dev/shm /tmp /var/tmp; do mount --bind "$folder" "$folder" && mount -o remount,bind,noexec "$folder" || exit; done
        HEAPLINGS_KERNEL=/mnt/linux.uml exec /mnt/heaplings kernel -- true' </dev/null
    shows "no folder can hold the machine's memory"
}
