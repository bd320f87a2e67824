#!/usr/bin/env bash
# Runs a real Keycloak with the demo realm: no container, only Java, and Maven for the first time.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: scripts/keycloak.sh [options]

  --port PORT        where Keycloak listens, on loopback (default 8080)
  --realm FILE       realm to import (default deploy/realm/demo-realm.json); give it again for more realms,
                     of which the first is the one to wait for
  --work DIR         keep the log here as keycloak.log (default: a temporary file, kept only after a failure)
  --background       return once ready and print the pid on stdout; send that pid TERM to stop.
                     Everything else goes to stderr.
  --with-pid PID     stop by itself when that process has ended
  --timeout SECONDS  how long it may take to get ready (default 240)
  --fetch-only       only fill the cache, start nothing
  --help             this text

It ends with 3 when Java or Maven is missing, and with 1 when something fails.

Environment:
  KEYSTEAD_APP_URL, KEYSTEAD_VITE_URL    addresses of the app that the demo realm allows
                                         (http://localhost:8000, http://localhost:3000)
  KEYSTEAD_BACKCHANNEL_LOGOUT_URL        where Keycloak tells the app of sign-outs
                                         (KEYSTEAD_APP_URL/auth/backchannel-logout)
  KEYSTEAD_CACHE_DIR                     cache (${XDG_CACHE_HOME:-$HOME/.cache}/keystead)
  KC_BOOTSTRAP_ADMIN_USERNAME, KC_BOOTSTRAP_ADMIN_PASSWORD
                                         the administrator (admin, admin)
  JAVA_HOME                              the Java to use, 17 or newer
USAGE
}

version=26.7.4
build_option=--db=dev-mem # a database in memory: every start is fresh

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." >/dev/null && pwd)
cache=${KEYSTEAD_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/keystead}/keycloak

port=8080
realm_files=()
work=
background=false
with_pid=
timeout=240
fetch_only=false
stopping=false
lacking=3 # the exit code when Java or Maven is missing

say() { echo "keycloak: $*" >&2; }
die() { say "$*"; exit 1; }

main() {
  read_options "$@"
  choose_java
  prepare
  if $fetch_only; then
    say "Keycloak $version is in $dist"
    return
  fi

  local file
  for file in "${realm_files[@]}"; do
    [ -r "$file" ] || die "cannot read the realm file $file"
  done
  realm=$(grep -o '"realm"[[:space:]]*:[[:space:]]*"[^"]*"' "${realm_files[0]}" | head -n 1 | cut -d '"' -f 4 || true)
  [ -n "$realm" ] || die "no \"realm\" name in ${realm_files[0]}"
  refuse_taken_port
  make_home

  say "starting Keycloak $version on port $port with Java $release"
  if $background; then run_in_background; else run_in_foreground; fi
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --background) background=true ;;
      --fetch-only) fetch_only=true ;;
      --help | -h) usage; exit 0 ;;
      --port | --realm | --work | --with-pid | --timeout)
        [ $# -ge 2 ] || die "$1 needs a value; see --help"
        case $1 in
          --port) port=$2 ;;
          --realm) realm_files+=("$2") ;;
          --work) work=$2 ;;
          --with-pid) with_pid=$2 ;;
          --timeout) timeout=$2 ;;
        esac
        shift
        ;;
      *) die "unknown option $1; see --help" ;;
    esac
    shift
  done
  [ ${#realm_files[@]} -gt 0 ] || realm_files=("$root/deploy/realm/demo-realm.json")
  case $port$timeout$with_pid in
    *[!0-9]*) die "--port, --timeout and --with-pid take whole numbers" ;;
  esac
}

# ---- Java -------------------------------------------------------------------

# java_release JAVA: its feature release, such as 21; nothing when it does not run.
java_release() {
  "$1" -version 2>&1 | sed -n 's/.*version "\([0-9][0-9]*\).*/\1/p' | head -n 1
}

# suits JAVA: can it run Keycloak? Tested by Keycloak's makers: 17, 21 and 25.
suits() {
  local release
  [ -x "$1" ] || return 1
  release=$(java_release "$1")
  [ -n "$release" ] && [ "$release" -ge 17 ]
}

# rank JAVA: the releases Keycloak is tested with come first, the newest of them before the others.
rank() {
  local release
  release=$(java_release "$1")
  case $release in
    17 | 21 | 25) echo $((release + 100)) ;;
    *) echo "$release" ;;
  esac
}

# choose_java sets java and java_home: JAVA_HOME, then PATH, then the usual folders.
choose_java() {
  local on_path found="" best=0 candidate
  java=
  on_path=$(command -v java || true)
  if [ -n "${JAVA_HOME:-}" ] && suits "$JAVA_HOME/bin/java"; then
    java=$JAVA_HOME/bin/java
  elif [ -n "$on_path" ] && suits "$on_path"; then
    java=$on_path
  else
    if [ -x /usr/libexec/java_home ]; then # macOS
      found=$(/usr/libexec/java_home -v 17+ 2>/dev/null || true)
    fi
    for candidate in ${found:+"$found"} /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
      /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/*; do
      candidate=$candidate/bin/java
      if suits "$candidate" && [ "$(rank "$candidate")" -gt "$best" ]; then
        java=$candidate
        best=$(rank "$candidate")
      fi
    done
  fi
  if [ -z "$java" ]; then
    say "Keycloak $version needs Java 17, 21 or 25, and none was found in JAVA_HOME, on PATH or in the usual folders."
    say "  Debian, Ubuntu:  sudo apt install openjdk-21-jre-headless   (or openjdk-17-jre-headless)"
    say "  macOS:           brew install openjdk@21"
    exit $lacking
  fi
  release=$(java_release "$java")
  java_home=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
}

# ---- The distribution, fetched and built once -------------------------------

prepare() {
  mkdir -p "$cache"
  cache=$(cd "$cache" >/dev/null && pwd)
  dist=$cache/$version-${build_option#--db=}
  [ ! -e "$dist/ready" ] || return 0
  lock "$cache/lock"
  if [ ! -e "$dist/ready" ]; then # another run may have done it while this one waited
    fetch
    build
    touch "$dist/ready"
  fi
  unlock
}

fetch() {
  if ! command -v mvn >/dev/null; then
    say "Maven brings Keycloak $version here the first time, and there is no mvn on PATH."
    say "  Debian, Ubuntu:  sudo apt install maven"
    say "  macOS:           brew install maven"
    exit $lacking
  fi
  say "fetching Keycloak $version with Maven, once (170 MB)"
  rm -rf "$dist"
  mkdir -p "$dist/download"
  JAVA_HOME=$java_home mvn --batch-mode --no-transfer-progress --strict-checksums \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:tar.gz" \
    "-DoutputDirectory=$dist/download" >"$dist/fetch.log" 2>&1 || {
    tail -n 20 "$dist/fetch.log" >&2
    die "Maven could not fetch Keycloak; its log is $dist/fetch.log"
  }
  tar -xzf "$dist/download/keycloak-quarkus-dist-$version.tar.gz" -C "$dist" --strip-components=1
  rm -r "$dist/download"
}

build() {
  say "preparing it for fast starts, once"
  clean_environment
  "$dist/bin/kc.sh" build "$build_option" >"$dist/build.log" 2>&1 || {
    tail -n 20 "$dist/build.log" >&2
    die "kc.sh build failed; its log is $dist/build.log"
  }
}

# lock DIR waits for other runs. The holder's pid stands inside, so that a lock left by a crash is noticed.
lock() {
  local holder waited=false
  until mkdir "$1" 2>/dev/null; do
    $waited || say "waiting for another run that fills the cache; it holds $1"
    waited=true
    sleep 1
    holder=$(cat "$1/pid" 2>/dev/null || true)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -rf "$1"
    fi
  done
  echo $$ >"$1/pid"
  locked=$1
  trap unlock EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

unlock() {
  rm -rf "$locked"
  trap - EXIT INT TERM
}

# ---- One run ----------------------------------------------------------------

# clean_environment keeps settings meant for another Keycloak away from this one.
clean_environment() {
  local name
  for name in $(compgen -e); do
    case $name in
      KC_BOOTSTRAP_ADMIN_USERNAME | KC_BOOTSTRAP_ADMIN_PASSWORD) ;;
      KC_* | JAVA_OPTS* | JAVA_ADD_OPENS | DEBUG*) unset "$name" ;;
    esac
  done
  export JAVA_HOME=$java_home JAVA=$java_home/bin/java
}

# answers HOST: does anything listen there on our port?
answers() {
  (exec 3<>"/dev/tcp/$1/$port") 2>/dev/null
}

refuse_taken_port() {
  local host
  for host in 127.0.0.1 ::1; do # "localhost" means either
    if answers "$host"; then
      die "port $port is taken: something already listens on $host. Stop it, or choose another with --port."
    fi
  done
}

# make_home gives the run a folder of its own, so that two runs never meet: data is written there, the program is shared.
make_home() {
  home=$(mktemp -d "${TMPDIR:-/tmp}/keystead-keycloak.XXXXXX")
  log=$home.log
  if [ -n "$work" ]; then
    mkdir -p "$work"
    log=$work/keycloak.log
  fi
  mkdir -p "$home/data/import" "$home/providers" "$home/themes"
  cp -R "$dist/conf" "$home/conf"
  ln -s "$dist/lib" "$home/lib"
  local number
  for number in "${!realm_files[@]}"; do
    cp "${realm_files[$number]}" "$home/data/import/realm-$number.json"
  done
}

# start_server runs Keycloak in the background of this shell and sets server to its pid.
start_server() {
  clean_environment
  export KC_BOOTSTRAP_ADMIN_USERNAME=${KC_BOOTSTRAP_ADMIN_USERNAME:-admin}
  export KC_BOOTSTRAP_ADMIN_PASSWORD=${KC_BOOTSTRAP_ADMIN_PASSWORD:-admin}
  export KEYSTEAD_BACKCHANNEL_LOGOUT_URL=${KEYSTEAD_BACKCHANNEL_LOGOUT_URL:-${KEYSTEAD_APP_URL:-http://localhost:8000}/auth/backchannel-logout}
  export JAVA_OPTS_APPEND="-XX:TieredStopAtLevel=1" # the quick compiler only: a third less work for a start
  # 127.0.0.1 rather than "localhost", which may be ::1 instead: every client that is told "localhost" tries both.
  # --cache=local keeps it from listening for other nodes, which it would do on every address.
  "$dist/bin/kc.sh" "-Dkc.home.dir=$home" start --optimized --import-realm --cache=local \
    --hostname="http://localhost:$port" --http-enabled=true --http-host=127.0.0.1 --http-port="$port" \
    </dev/null >"$log" 2>&1 &
  server=$!
}

# supervise runs the server until it ends by itself, is told to stop, or the process of --with-pid has ended.
# Only TERM reaches Keycloak: kc.sh passes that on to the JVM, while KILL would leave the JVM behind.
supervise() {
  local asked=false told=false
  trap '' INT HUP # a terminal sends these to everyone in it
  trap 'asked=true' TERM
  start_server
  while kill -0 "$server" 2>/dev/null; do
    if [ -n "$with_pid" ] && ! kill -0 "$with_pid" 2>/dev/null; then asked=true; fi
    if $asked && ! $told; then
      told=true
      kill -TERM "$server" 2>/dev/null || true
    fi
    sleep 0.5 &
    wait $! || true # unlike sleep itself, wait gives way to the trap at once
  done
  rm -rf "$home"
  if $asked && [ -z "$work" ]; then rm -f "$log"; fi
}

# await_ready PID waits for the realm while that supervisor lives.
await_ready() {
  local end=$((SECONDS + timeout))
  until realm_answers; do
    if $stopping; then
      return
    elif ! kill -0 "$1" 2>/dev/null; then
      fail "Keycloak ended before it was ready"
    elif [ "$SECONDS" -ge "$end" ]; then
      tail -n 20 "$log" >&2
      kill -TERM "$1"
      die "Keycloak was not ready within $timeout s; the end of its log is above"
    fi
    sleep 0.2 || true # Ctrl-C ends it early
  done
}

# realm_answers: is the realm there? While it starts, Keycloak refuses the connection or answers 503 or 404.
realm_answers() {
  local status=
  answers 127.0.0.1 || return 1
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /realms/%s HTTP/1.0\r\nHost: localhost:%s\r\n\r\n' "$realm" "$port" >&3
  read -r -t 5 status <&3 || true
  exec 3>&-
  [[ $status == HTTP/*\ 200\ * ]]
}

fail() {
  tail -n 20 "$log" >&2
  die "$1; the end of its log is above, the whole in $log"
}

introduce() {
  local base=http://localhost:$port
  say "ready after ${SECONDS} s"
  cat >&2 <<INTRODUCTION

  Issuer          $base/realms/$realm
  Admin console   $base/admin/   ${KC_BOOTSTRAP_ADMIN_USERNAME:-admin} / ${KC_BOOTSTRAP_ADMIN_PASSWORD:-admin}
INTRODUCTION
  if [ "$realm" = demo ]; then
    cat >&2 <<INTRODUCTION
  Demo users      alice / alice (user, admin)   bob / bob (user)
  The app         ${KEYSTEAD_APP_URL:-http://localhost:8000}, or ${KEYSTEAD_VITE_URL:-http://localhost:3000} with the Vite server
INTRODUCTION
  fi
  echo >&2
}

run_in_background() {
  local supervisor
  supervise </dev/null >/dev/null 2>&1 &
  supervisor=$!
  trap 'kill -TERM "$supervisor" 2>/dev/null; exit 1' INT TERM # whoever waits for the pid gave up
  await_ready "$supervisor"
  introduce
  echo "$supervisor"
}

run_in_foreground() {
  local supervisor
  with_pid=$$ # if this shell is killed or its terminal closed, the server stops too
  supervise &
  supervisor=$!
  trap 'stopping=true; kill -TERM "$supervisor" 2>/dev/null || true' INT TERM
  await_ready "$supervisor"
  if ! $stopping; then
    introduce
    say "Ctrl-C stops it"
  fi
  while kill -0 "$supervisor" 2>/dev/null; do wait "$supervisor" || true; done
  $stopping || fail "Keycloak ended by itself"
  say "stopped"
}

main "$@"; exit # on one line, so that an edit of this file leaves a running one alone
