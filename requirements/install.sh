#!/bin/sh
# Makes .venv and installs one lock file into it: requirements/install.sh demo|dev
#
# Does nothing when that lock file is installed already. Several may run at once: they take turns.
set -eu
cd "$(dirname "$0")/.."
lock="requirements/$1.lock"
stamp=".venv/installed-$1"

fail() {
    echo "$*" >&2
    exit 1
}

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if is_supported "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed and was not found" \
        "(on Debian or Ubuntu: apt-get install python3 python3-venv)."
}

# Debian and Ubuntu ship Python without ensurepip; the package python3-venv brings it.
require_venv() {
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        return
    fi
    package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "This Python cannot make virtual environments. On Debian or Ubuntu, run" \
            "« sudo apt-get install $package », then try again."
    fi
    echo "Installing $package …"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
}

digest() {
    cksum < "$lock"
    .venv/bin/python -V
}

is_installed() {
    [ -f "$stamp" ] && [ "$(digest 2>/dev/null)" = "$(cat "$stamp")" ]
}

if is_installed; then
    exit 0
fi
if command -v flock >/dev/null && [ -z "${INSTALL_LOCKED:-}" ]; then
    INSTALL_LOCKED=1 exec flock requirements requirements/install.sh "$1"
fi
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python="$(find_python)"
    require_venv "$python"
    echo "Making the virtual environment .venv with $("$python" -V) …"
    "$python" -m venv --clear .venv
fi
# Only what this processor can run is worth the wait; an image is built for all (Dockerfile).
if grep -qw avx2 /proc/cpuinfo 2>/dev/null; then
    requirements/argon2.sh .venv &
fi
echo "Installing $lock …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --require-hashes --only-binary :all: --requirement "$lock"
wait
digest > "$stamp"
