#!/usr/bin/env bash
# Holds a running app to its API document: Schemathesis sends what the document allows and what it does not, and checks every
# answer against it.
#
#   scripts/schemathesis.sh --fetch-only          install it, once, into the user's cache
#   scripts/schemathesis.sh URL LEAST [SEED] < TOKEN
#                                                 run all its checks with the token, and at least LEAST cases; the seed decides
#                                                 what is sent, 1 unless given
#
# Exit status 3: Python is missing.
set -euo pipefail
cd "$(dirname "$0")"

command -v python3 >/dev/null && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
  echo "Schemathesis needs Python 3.10 or later with venv. Debian: sudo apt install python3-venv; macOS: brew install python." >&2
  exit 3
}
# One folder for each list of versions, so that a change of the list installs anew.
home=${XDG_CACHE_HOME:-$HOME/.cache}/keystead/schemathesis-$(cksum <schemathesis.txt | cut -d ' ' -f 1)
if [ ! -x "$home/bin/schemathesis" ]; then
  rm -rf "$home"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check --requirement schemathesis.txt
fi
[ "${1:-}" != --fetch-only ] || exit 0

url=$1 least=$2 seed=${3:-1}
read -r token
config=$PWD/schemathesis.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # it leaves files where it runs
# One worker: with more, Python 3.11 itself stumbles over its own parser now and then.
if ! "$home/bin/schemathesis" --config-file "$config" run "$url/openapi.json" --header "Authorization: Bearer $token" --checks all \
  --max-examples 500 --workers 1 --seed "$seed" --continue-on-failure --no-color >out 2>&1; then
  cut -c 1-1000 out
  exit 1
fi
cases=$(sed -n 's/^ *\([0-9,]*\) generated.*/\1/p' out | tr -d ,)
sed -n '/SUMMARY/,$p' out
if [ "${cases:-0}" -lt "$least" ]; then
  echo "That were ${cases:-no} cases, and at least $least were wanted."
  exit 1
fi
