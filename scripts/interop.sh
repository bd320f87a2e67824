#!/usr/bin/env bash
# Lets client libraries of the field sign in at a realm made from interop/interop-realm.json, and prints what each did there.
#
#   scripts/interop.sh ISSUER     build what is not built yet, and run all of them
#   scripts/interop.sh --build    only build: a few minutes the first time, which other things can run beside
#
# A language that this machine lacks is skipped, loudly and by name. Ends with 1 when anything fails.
set -euo pipefail

usage() {
  echo "Usage: scripts/interop.sh ISSUER, such as http://localhost:8080/realms/interop, or scripts/interop.sh --build; got: ${*:-nothing}" >&2
  exit 2
}
[ $# = 1 ] || usage "$@"
case $1 in
  --build) issuer= ;;
  http://*/realms/*) issuer=$1 ;;
  *) usage "$@" ;;
esac
cd "$(dirname "$0")/../interop"

libraries="openid-client Authlib python-keycloak go-oidc Spring-Security openidconnect"
# Each program prints the name of a step that went well; with a "-" behind it, its library offers no such thing.
steps="discovery login verify userinfo refresh introspect revoke logout service refusals"

cache=${KEYSTEAD_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/keystead}/interop
python=$cache/python-$(cksum <python/requirements.txt | cut -d ' ' -f 1) # another list of versions is installed anew
export CARGO_TARGET_DIR=$cache/rust PYTHONDONTWRITEBYTECODE=1
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
skipped=()
failed=false

language() {
  case $1 in
    openid-client) echo node ;;
    Authlib | python-keycloak) echo python ;;
    go-oidc) echo go ;;
    Spring-Security) echo java ;;
    openidconnect) echo rust ;;
  esac
}

# at_least VERSION COMMAND…: is the first version number that the command prints that high?
at_least() {
  local want=$1 got
  shift
  command -v "$1" >/dev/null && got=$("$@" 2>&1 | grep -o '[0-9][0-9.]*' | head -n 1) && printf '%s\n' "$want" "$got" | sort -C -V
}

# missing LANGUAGE: what this machine lacks for it, and how to get that; nothing when all is there.
missing() {
  case $1 in
    node) at_least 20 node --version || echo "Node.js 20 or later. Debian, Ubuntu: sudo apt install nodejs npm; macOS: brew install node" ;;
    python)
      if ! at_least 3.10 python3 --version || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        echo "Python 3.10 or later with venv. Debian, Ubuntu: sudo apt install python3-venv; macOS: brew install python"
      fi
      ;;
    go) at_least 1.21 go version || echo "Go 1.21 or later, which then brings the version that it needs. Debian, Ubuntu: sudo apt install golang; macOS: brew install go" ;;
    java)
      if ! at_least 17 javac -version || ! command -v mvn >/dev/null; then
        echo "a JDK, 17 or later, and Maven. Debian, Ubuntu: sudo apt install openjdk-17-jdk-headless maven; macOS: brew install openjdk maven"
      fi
      ;;
    rust) at_least 1.88 cargo --version || echo "Rust 1.88 or later. Debian 13, Ubuntu: sudo apt install rustup && rustup default stable; macOS: brew install rust" ;;
  esac
}

build() {
  case $1 in
    node) [ node/node_modules/.package-lock.json -nt node/package-lock.json ] || (cd node && npm ci --no-audit --no-fund --loglevel=error) ;;
    python)
      if [ ! -e "$python/ready" ]; then
        rm -rf "$python"
        python3 -m venv "$python"
        "$python/bin/pip" install --quiet --disable-pip-version-check --requirement python/requirements.txt
        touch "$python/ready"
      fi
      ;;
    go) (cd go && go build -o "$cache/go" .) ;;
    java)
      if [ ! -e java/target/dependency ] || [ -n "$(find java/pom.xml java/src -newer java/target/dependency)" ]; then
        (cd java && mvn --quiet --batch-mode --no-transfer-progress clean compile)
      fi
      ;;
    rust) (cd rust && cargo build --quiet --locked) ;;
  esac
}

run() {
  case $1 in
    openid-client) node node/main.js "$issuer" ;;
    Authlib) "$python/bin/python" python/with_authlib.py "$issuer" ;;
    python-keycloak) "$python/bin/python" python/with_python_keycloak.py "$issuer" ;;
    go-oidc) "$cache/go" "$issuer" ;;
    Spring-Security) java -XX:TieredStopAtLevel=1 -cp 'java/target/classes:java/target/dependency/*' Interop "$issuer" ;;
    openidconnect) "$CARGO_TARGET_DIR/debug/keystead-interop" "$issuer" ;;
  esac
}

# row LIBRARY: runs it and prints its line of the table. It fails, too, when it leaves out a step without a word.
row() {
  local out status=0 line step mark gap=" "
  out=$(run "$1" 2>"$errors") || status=$?
  line=$(printf '%-16s' "$1")
  for step in $steps; do
    case $'\n'$out$'\n' in
      *$'\n'"$step"$'\n'*) mark=✓ ;;
      *$'\n'"$step -"$'\n'*) mark=– ;;
      *)
        mark=✗
        failed=true
        ;;
    esac
    line+=$gap$mark
    gap=" ${step//?/ }"
  done
  echo "$line"
  if [ "$status" != 0 ]; then
    failed=true
    sed 's/^/    /' "$errors"
  fi
}

mkdir -p "$cache"
runnable=()
built=
for library in $libraries; do
  language=$(language "$library")
  lack=$(missing "$language")
  if [ -n "$lack" ]; then
    skipped+=("$library: this machine lacks $lack")
    continue
  fi
  [ "$built" = "$language" ] || build "$language"
  built=$language
  runnable+=("$library")
done

if [ -n "$issuer" ]; then
  printf '%s\n%-16s %s\n' "Client libraries at $issuer:" "" "${steps// /  }"
  for library in ${runnable[@]+"${runnable[@]}"}; do row "$library"; done
  echo "✓ done   – no part of the library   ✗ failed"
fi
[ ${#skipped[@]} = 0 ] || printf 'SKIPPED %s\n' "${skipped[@]}"
! $failed
