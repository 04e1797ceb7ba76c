#!/bin/sh
# Builds the clients that come from other languages, where their tools are here: go, cargo, mvn.
# What is made is kept outside the tree, and made again in a moment when nothing has changed.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/ncconnect-clients"
mkdir -p "$cache"

# build TOOL "what is not run without it" command…
build() {
    tool="$1" what="$2"
    shift 2
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is not here: $what cannot be run with the suite"
    elif ! "$@" >"$cache/$tool.log" 2>&1; then
        tail -n 40 "$cache/$tool.log"
        echo "$tool could not build $what"
        return 1
    fi
}

with_go() {
    cd "$here/go"
    go build -mod=readonly -trimpath -ldflags=-s -o "$cache/go-oidc" .
    go build -mod=readonly -trimpath -ldflags=-s -o "$cache/oauth2-proxy" \
        github.com/oauth2-proxy/oauth2-proxy/v7
}

with_cargo() {
    cd "$here/rust"
    CARGO_TARGET_DIR="$cache/rust" cargo build --locked
    cp "$cache/rust/debug/openidconnect-journey" "$cache/openidconnect"
}

# The documentation's example as it is; only where its output goes is told.
with_mvn() {
    rm -rf "$cache/java"
    cp -r "$here/../../docs/partners/examples/java-spring" "$cache/java"
    cd "$cache/java"
    mvn --batch-mode --quiet package
    mv target/exemple-nc-connect-1.jar "$cache/spring.jar"
}

with_python() {
    lock="$here/../../requirements/clients.lock"
    if ! cmp -s "$lock" "$cache/python/installed"; then
        "$here/../../.venv/bin/python" -m venv --clear "$cache/python"
        "$cache/python/bin/pip" install --quiet --disable-pip-version-check \
            --require-hashes --only-binary :all: --requirement "$lock"
        cp "$lock" "$cache/python/installed"
    fi
}

with_npm() {
    cd "$here/node"
    cmp -s package-lock.json node_modules/installed ||
        npm ci --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/installed
}

status=0
build python3 "django-allauth and python-social-auth" with_python || status=1
build npm "the libraries of Node and of the browser" with_npm || status=1
build go "go-oidc and oauth2-proxy" with_go || status=1
build cargo "openidconnect" with_cargo || status=1
build mvn "Spring Security" with_mvn || status=1
exit "$status"
