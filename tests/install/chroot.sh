#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# chroot.sh [SUITE [MODE]]: tries a fresh clone of what is committed on a fresh system made by debootstrap.
# SUITE is bookworm (default), trixie or noble; MODE is root (default) or user, who has sudo: both run the two commands of the
# README twice, and the second time nothing may be installed. MODE ci runs .ci/run with DFU_TEST_DATA from outside.
# Needs root, debootstrap, git, the network, 3 GiB of disk and some minutes; not part of ctest.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
suite=${1:-bookworm}
mode=${2:-root}
[ "$(id -u)" = 0 ] || { echo "error: $0 must run as root" >&2 && exit 1; }

options=(--variant=minbase)
case $suite in
bookworm | trixie) ;;
noble)
    # Its build tools live in universe, which an installed Ubuntu has switched on.
    options+=("--components=main,universe" --keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg)
    ;;
*) echo "error: no suite $suite; there are bookworm, trixie and noble" >&2 && exit 2 ;;
esac

fresh=$(mktemp -d)
clean_up()
{
    for folder in dev/pts proc; do
        if mountpoint -q "$fresh/$folder"; then
            umount "$fresh/$folder"
        fi
    done
    rm -rf --one-file-system "$fresh"
}
trap clean_up EXIT

inside() # inside COMMAND: in the fresh system, with nothing of our environment
{
    local -a environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    chroot "$fresh" env -i "${environment[@]}" bash -c "cd /src/libdfu && $1" </dev/null
}

echo "=== $suite: debootstrap"
debootstrap "${options[@]}" "$suite" "$fresh" >"$fresh.log" 2>&1 || { tail -n 20 "$fresh.log" && exit 1; }
rm -f "$fresh.log"
# What a system that was started has, too; and apt's own user must be able to read the tree.
chmod 755 "$fresh"
mount -t proc proc "$fresh/proc"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$fresh/dev/pts"
ln -sf pts/ptmx "$fresh/dev/ptmx"
git clone -q "$source" "$fresh/src/libdfu"

as=
if [ "$mode" = user ]; then
    inside "apt-get -qq update && apt-get -qq install -y --no-install-recommends sudo >/dev/null"
    inside "useradd -m tester && echo 'tester ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/tester"
    inside "chown -R tester: ."
    as="sudo -u tester "
fi

case $mode in
root | user)
    for command in packaging/demo packaging/check; do
        echo "=== $suite, $mode: $command"
        inside "$as$command"
    done
    echo "=== $suite, $mode: both again, without package sources"
    inside "rm -rf /etc/apt/sources.list* /var/lib/apt/lists && ${as}packaging/demo && ${as}packaging/check" >"$fresh/again"
    if grep '^Installing' "$fresh/again"; then
        echo "error: the second time something is installed again" >&2
        exit 1
    fi
    grep 'tests passed' "$fresh/again"
    ;;
ci)
    cp -r "${DFU_TEST_DATA:?names the folder with test data}" "$fresh/src/data"
    inside "DFU_TEST_DATA=/src/data CI=true bash .ci/run"
    ;;
*) echo "error: no mode $mode; there are root, user and ci" >&2 && exit 2 ;;
esac
echo "=== $suite, $mode: good"
