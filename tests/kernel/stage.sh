#!/bin/sh
# Runs tests where everything a kernel needs lies in a folder of its own, so that its processes are known
# by the program that they run:  stage.sh AS FILE... -- COMMAND...
#   AS  caller              as whoever runs this
#       ordinary            as an ordinary user; skipped (77) if root can't be given up
#       without_namespaces  where no namespace can be made, as in most containers
# The command finds the copies in $STAGE. Fails if a process of theirs is left.
set -eu
as=$1
shift
parent=$(mktemp -d "${TMPDIR:-/tmp}/heaplings-stage-XXXXXX")
trap 'rm -rf "$parent"' EXIT
STAGE="$parent/it's a \"stage\""
export STAGE
mkdir "$STAGE"
while [ "$1" != -- ]; do
    cp "$1" "$STAGE"
    shift
done
shift
kernel=${HEAPLINGS_KERNEL:-$(command -v linux.uml || true)}
if [ -z "$kernel" ]; then
    echo "skipped: no User-Mode Linux on this machine"
    exit 77
fi
cp "$kernel" "$STAGE/linux.uml"
export HEAPLINGS_KERNEL="$STAGE/linux.uml"
chmod -R a+rX "$parent"

case $as in
caller) status=0 && "$@" || status=$? ;;
ordinary)
    if ! setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
        echo "skipped: root can't be given up here; the other runs are as this ordinary user"
        exit 77
    fi
    status=0
    HOME=/nonexistent setpriv --reuid=65534 --regid=65534 --clear-groups "$@" || status=$?
    ;;
without_namespaces)
    forbid='echo 0 >/proc/sys/user/max_pid_namespaces && echo 0 >/proc/sys/user/max_user_namespaces'
    if ! unshare --user --map-root-user sh -c "$forbid" 2>/dev/null; then
        echo "skipped: no user namespace can be made here; the other runs are without one"
        exit 77
    fi
    status=0
    unshare --user --map-root-user sh -c "$forbid && exec \"\$@\"" sh "$@" || status=$?
    ;;
*)
    echo "unknown: $as" >&2
    exit 2
    ;;
esac
left=$(find /proc -maxdepth 2 -name exe -lname "$parent/*" 2>/dev/null || true)
if [ -n "$left" ]; then
    echo "processes left: $left" >&2
    exit 1
fi
exit "$status"
