#!/usr/bin/env bash
# Starts a throw-away PostgreSQL for tests, on loopback, with a password that nobody has seen.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: scripts/postgres.sh --port PORT --work DIR

  --port PORT   where PostgreSQL listens, on 127.0.0.1
  --work DIR    keep the log here as postgres.log, and the data while the server runs
  --help        this text

It returns once the server is ready, and prints a pid on the first line of stdout and the URL of the
database on the second; everything else goes to stderr. Send that pid TERM or INT to stop the server
at once, which also removes the data.

It ends with 3 when PostgreSQL is missing, and with 1 when something fails.
USAGE
}

port=
work=
timeout=60
lacking=3 # the exit code when PostgreSQL is missing
as=()     # how to become the user who may run PostgreSQL

say() { echo "postgres: $*" >&2; }
die() { say "$*"; exit 1; }

main() {
  read_options "$@"
  clean_environment
  choose_programs
  make_home
  choose_user
  create
  local supervisor
  supervise </dev/null >/dev/null 2>&1 &
  supervisor=$!
  trap 'kill -TERM "$supervisor" 2>/dev/null; exit 1' INT TERM # whoever waits for the pid gave up
  await_ready "$supervisor"
  say "PostgreSQL listens on 127.0.0.1:$port, ready after ${SECONDS} s"
  echo "$supervisor"
  echo "postgres://keystead:$password@127.0.0.1:$port/postgres?sslmode=disable"
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --port | --work)
        [ $# -ge 2 ] || die "$1 needs a value; see --help"
        case $1 in
          --port) port=$2 ;;
          --work) work=$2 ;;
        esac
        shift
        ;;
      *) die "unknown option $1; see --help" ;;
    esac
    shift
  done
  if [ -z "$port" ] || [ -z "$work" ]; then die "--port and --work are needed; see --help"; fi
  case $port in
    *[!0-9]*) die "--port takes a whole number" ;;
  esac
}

# clean_environment keeps settings meant for another PostgreSQL away from this one.
clean_environment() {
  local name
  for name in $(compgen -e); do
    case $name in
      PG*) unset "$name" ;;
    esac
  done
  export LC_ALL=C
}

# choose_programs sets bin to the folder of initdb and postgres: PATH, then the newest of Debian's folders.
choose_programs() {
  local on_path candidate release best=0
  bin=
  on_path=$(command -v initdb || true)
  if [ -n "$on_path" ] && command -v postgres >/dev/null; then
    bin=$(dirname "$on_path")
    [ -x "$bin/postgres" ] || bin=$(dirname "$(command -v postgres)")
    return
  fi
  for candidate in /usr/lib/postgresql/*/bin; do
    release=$(basename "$(dirname "$candidate")")
    case $release in
      *[!0-9]*) continue ;;
    esac
    if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ] && [ "$release" -gt "$best" ]; then
      bin=$candidate
      best=$release
    fi
  done
  if [ -z "$bin" ]; then
    say "PostgreSQL is needed, and no initdb was found on PATH or in /usr/lib/postgresql."
    say "  Debian, Ubuntu:  sudo apt install postgresql"
    say "  macOS:           brew install postgresql"
    exit $lacking
  fi
}

# make_home gives the run a folder of its own below DIR, so that two runs never meet.
make_home() {
  mkdir -p "$work"
  work=$(cd "$work" >/dev/null && pwd)
  log=$work/postgres.log
  home=$(mktemp -d "$work/postgres.XXXXXX")
  trap 'rm -rf "$home"' EXIT
  (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$home/password")
  password=$(cat "$home/password")
  cd "$home" # a folder that the other user may not enter would be complained about
}

# choose_user: PostgreSQL refuses to run as root.
choose_user() {
  local user=postgres
  [ "$(id -u)" = 0 ] || return 0
  command -v runuser >/dev/null || die "PostgreSQL does not run as root, and there is no runuser to become somebody else"
  id "$user" >/dev/null 2>&1 || user=nobody
  as=(runuser -u "$user" --)
  chown -R "$user:" "$home"
  chmod a+x "$work"
  "${as[@]}" test -x "$home" || die "$user, as whom PostgreSQL runs, may not enter $work: choose a DIR below a folder that all may enter"
}

create() {
  # ${as[@]+…}: an empty list counts as unset in the bash of macOS
  ${as[@]+"${as[@]}"} "$bin/initdb" --pgdata="$home/data" --username=keystead --pwfile="$home/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "initdb failed; its log is $log"
  }
  rm "$home/password"
}

# supervise runs the server until it ends by itself or is told to stop. The server itself takes TERM
# for a wish to wait for its clients; INT sends them away.
supervise() {
  local asked=false server
  trap 'asked=true' INT TERM
  trap '' HUP
  # Nothing of it needs to outlive a crash, so it never waits for the disk; and no socket but TCP.
  ${as[@]+"${as[@]}"} "$bin/postgres" -D "$home/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off >"$log" 2>&1 &
  server=$!
  while kill -0 "$server" 2>/dev/null; do
    if $asked; then
      kill -INT "$(head -n 1 "$home/data/postmaster.pid" 2>/dev/null)" 2>/dev/null || true
    fi
    sleep 0.1 &
    wait $! || true # unlike sleep itself, wait gives way to the trap at once
  done
  cd /
  rm -rf "$home"
}

# await_ready PID waits for the server while that supervisor lives.
await_ready() {
  local end=$((SECONDS + timeout))
  trap - EXIT # from here on the supervisor removes the data
  until grep -q '^ready' "$home/data/postmaster.pid" 2>/dev/null; do
    if ! kill -0 "$1" 2>/dev/null; then
      fail "PostgreSQL ended before it was ready"
    elif [ "$SECONDS" -ge "$end" ]; then
      kill -TERM "$1"
      fail "PostgreSQL was not ready within $timeout s"
    fi
    sleep 0.1 || true # Ctrl-C ends it early
  done
}

fail() {
  tail -n 20 "$log" >&2
  die "$1; the end of its log is above, the whole in $log"
}

main "$@"; exit # on one line, so that an edit of this file leaves a running one alone
