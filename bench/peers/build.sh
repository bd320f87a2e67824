#!/usr/bin/env bash
# Builds the benchmark's peers in other languages, as far as this machine can, and says where they are. Prints a line per language:
#
#   python PATH_OF_PYTHON              which has the packages of python/requirements.txt
#   rust PATH_OF_PROGRAM
#   missing LANGUAGE WHY_AND_HOW_TO_GET_IT
#
# The first time takes a few minutes, later ones a second. Ends with 0 when something is missing, too.
set -euo pipefail

cache=${KEYSTEAD_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/keystead}/bench
[[ $cache = /* ]] || cache=$PWD/$cache
cd "$(dirname "$0")"

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# at_least VERSION COMMAND…: is the first version number that the command prints that high?
at_least() {
  local want=$1 got
  shift
  command -v "$1" >/dev/null && got=$("$@" 2>&1 | grep -o '[0-9][0-9.]*' | head -n 1) && printf '%s\n' "$want" "$got" | sort -C -V
}

# lacking LANGUAGE: what this machine lacks for it, and how to get that; nothing when all is there.
lacking() {
  case $1 in
    python)
      if ! at_least 3.11 python3 --version || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        echo "this machine lacks Python 3.11 or later with venv. Debian 12, Ubuntu 24.04: sudo apt install python3-venv; macOS: brew install python"
      fi
      ;;
    rust)
      if ! at_least 1.88 cargo --version; then
        echo "this machine lacks Rust 1.88 or later. Debian 13, Ubuntu: sudo apt install rustup && rustup default stable; macOS: brew install rust"
      elif ! command -v cc >/dev/null; then
        echo "this machine lacks a C compiler, which aws-lc-rs is built with. Debian, Ubuntu: sudo apt install build-essential; macOS: xcode-select --install"
      fi
      ;;
  esac
}

# build LANGUAGE: builds what is not built yet, and prints where it is.
build() {
  case $1 in
    python)
      local venv=$cache/python-$(cksum <python/requirements.txt | cut -d ' ' -f 1) # another list of versions is installed anew
      if [ ! -e "$venv/ready" ]; then
        rm -rf "$venv" &&
          python3 -m venv "$venv" >&2 &&
          "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement python/requirements.txt >&2 &&
          touch "$venv/ready" || return
      fi
      echo "$venv/bin/python"
      ;;
    rust)
      (cd rust && CARGO_TARGET_DIR=$cache/rust cargo build --quiet --release --locked >&2) || return
      echo "$cache/rust/release/keystead-bench-axum"
      ;;
  esac
}

# The last line of the errors that calls itself one, and the last line of all, where cargo puts the cause.
last_error() {
  local error cause
  error=$(grep -i '^ *error' "$errors" | tail -n 1) || true
  cause=$(grep '[^[:space:]]' "$errors" | tail -n 1 | sed 's/^ *//') || cause="there is no message"
  case $error in
    "" | "$cause") echo "$cause" ;;
    *) echo "$error: $cause" ;;
  esac
}

for language in python rust; do
  lack=$(lacking "$language")
  if [ -n "$lack" ]; then
    echo "missing $language $lack"
  elif mkdir -p "$cache" 2>"$errors" && path=$(build "$language" 2>"$errors"); then
    echo "$language $path"
  else
    echo "missing $language the build failed: $(last_error) - once that is mended, try again"
  fi
done
