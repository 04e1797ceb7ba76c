#!/bin/sh
# Builds argon2 a second time, for processors with AVX2, beside the wheel that runs everywhere:
#   requirements/argon2.sh VENV
#
# A password hash then costs 0.6 times the CPU. ncconnect/processors.py takes the one that the
# processor can run. Where there is no compiler, nothing is built, and nothing is missing.
set -eu
cd "$(dirname "$0")/.."
python="$1/bin/python"
place="$1/argon2-avx2"
lock="requirements/production.lock"
tools="requirements/build.lock"

digest() {
    cat "$lock" "$tools" | cksum
    "$python" -V
}

if [ "$(uname -m)" != x86_64 ] || ! command -v cc >/dev/null; then
    exit 0
fi
if [ "$(digest)" = "$(cat "$place/built" 2>/dev/null)" ]; then
    exit 0
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# The source of the very version that the lock file names, and nothing else.
sed -n '/^argon2-cffi-bindings==/,/[^\\]$/p' "$lock" > "$work/argon2.lock"
build() {
    "$python" -m venv "$work/tools"
    "$work/tools/bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement "$tools"
    CFLAGS="-O3 -mavx2" PATH="$work/tools/bin:$PATH" "$work/tools/bin/python" -m pip install \
        --quiet --disable-pip-version-check --require-hashes --no-binary :all: --no-deps \
        --no-build-isolation --no-cache-dir --target "$work/built" --requirement "$work/argon2.lock"
}
if ! build >"$work/log" 2>&1; then
    echo "argon2 could not be built for AVX2; the wheel is used. The build said:" >&2
    tail -n 3 "$work/log" >&2
    exit 0
fi
rm -rf "$place"
mv "$work/built" "$place"
digest > "$place/built"
