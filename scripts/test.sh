#!/usr/bin/env bash
# Runs the tests, stage by stage, and prints how long each took.
#
#   scripts/test.sh          everything: make test
#   scripts/test.sh quick    what needs no browser and no Keycloak: make check
#
# What is missing on this machine is skipped, loudly and by name; with CI=true it is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

quick=false
[ "${1:-}" != quick ] || quick=true
work=$(mktemp -d)
skipped=()
times=()
keycloak_starting=
keycloak_pid=
realm_pid=
postgres_pid=
app_pid=
libraries_building=

finish() {
  status=$?
  trap '' INT TERM
  for pid in $libraries_building $keycloak_starting $keycloak_pid $realm_pid $postgres_pid $app_pid; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  for _ in $(seq 100); do # Keycloak takes a few seconds to end
    if [ -z "$keycloak_pid" ] || ! kill -0 "$keycloak_pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  printf '\n%s\n' "Minutes of each stage:"
  [ ${#times[@]} = 0 ] || printf '  %s\n' "${times[@]}"
  if [ ${#skipped[@]} != 0 ]; then
    printf '\nSKIPPED, because this machine lacks something:\n'
    printf '  %s\n' "${skipped[@]}"
    [ "${CI:-}" != true ] || status=1
  fi
  local verdict="All is well."
  [ ${#skipped[@]} = 0 ] || verdict="What could be tested here is well."
  [ $status = 0 ] && printf '\n%s\n' "$verdict" || printf '\nSomething failed, see above. Logs of this run: %s\n' "$work"
  [ $status != 0 ] || rm -rf "$work"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# stage NAME COMMAND…: runs the command and notes the time it took.
stage() {
  local name=$1 start=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@"
  times+=("$(awk "BEGIN { printf \"%5.1f\", ($SECONDS - $start) / 60 }")  $name")
}

# have COMMAND WHAT HOW: is the command there? If not, WHAT is skipped, and HOW tells how to get it.
have() {
  command -v "$1" >/dev/null && return
  skipped+=("$2: there is no $1. $3")
  printf '\n!!! SKIPPED %s: there is no %s. %s\n' "$2" "$1" "$3"
  return 1
}

free_ports() {
  node -e '
    const servers = Array.from({ length: +process.argv[1] }, () => require("net").createServer().listen(0, "localhost"));
    Promise.all(servers.map((s) => new Promise((done) => s.on("listening", done)))).then(() => {
      console.log(servers.map((s) => s.address().port).join(" "));
      servers.forEach((s) => s.close());
    });' "$1"
}

web_install() { (cd web && npm ci --no-audit --no-fund --loglevel=error); }
# The types of the API in the app must be those of its document.
web_check() { (cd web && npm run --silent schema -- --check >/dev/null && npm run --silent typecheck && npm run --silent lint && npm test --silent); }
web_build() { (cd web && npm run --silent build); }

go_check() {
  local unformatted
  unformatted=$(git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -l)
  [ -z "$unformatted" ] || { echo "gofmt would change: $unformatted"; return 1; }
  local module
  for module in . bench interop/go; do
    (cd $module && go vet ./... && go run $staticcheck ./...) || return 1
  done
}
go_test() { go test "$@" ./...; }
# Where only what FIPS 140 approves may be used, tokens are verified and remembered by other means.
fips_test() { GODEBUG=fips140=only go test -run 'Algorithm|Vector|Kind|Cache|Digest|Verif|RSA|Leeway' ./auth; }
bench_test() { (cd bench && go test ./...); }

# postgres_start begins a PostgreSQL of its own for the tests of what is kept in a database.
postgres_start() {
  local lines status=0
  chmod go+x "$work" # PostgreSQL does not run as root, and must get to its folder in here
  scripts/postgres.sh --port "$postgres_port" --work "$work/postgres" >"$work/postgres.out" 2> >(tee "$work/postgres.err" >&2) || status=$?
  case $status in
    0) ;;
    3) # it is missing
      skipped+=("what is kept in PostgreSQL: $(head -n 1 "$work/postgres.err")")
      return
      ;;
    *) exit $status ;;
  esac
  mapfile -t lines <"$work/postgres.out"
  postgres_pid=${lines[0]}
  export KEYSTEAD_TEST_POSTGRES_URL=${lines[1]}
}

# api_by_its_document sends the running app what its document allows and what it does not.
api_by_its_document() {
  KEYSTEAD_DATABASE_URL=sqlite:$work/schemathesis.db KEYSTEAD_LOG_LEVEL=warn bin/keystead dev --addr "localhost:$api_port" \
    --realm-addr "localhost:$api_realm_port" >"$work/app.out" 2>&1 &
  app_pid=$!
  local token=
  for _ in $(seq 100); do
    token=$(bin/keystead token mint --user alice --realm-addr "localhost:$api_realm_port" 2>/dev/null) && break
    sleep 0.1
  done
  [ -n "$token" ] || { cat "$work/app.out"; return 1; }
  scripts/schemathesis.sh "http://localhost:$api_port" 2000 <<<"$token" || { cat "$work/app.out"; return 1; }
  kill -INT "$app_pid"
  wait "$app_pid"
  app_pid=
}
can_run_schemathesis() {
  local status=0
  scripts/schemathesis.sh --fetch-only 2> >(tee "$work/schemathesis.err" >&2) || status=$?
  case $status in
    0) return ;;
    3)
      skipped+=("the API by its document: $(head -n 1 "$work/schemathesis.err")")
      return 1
      ;;
    *) exit $status ;;
  esac
}

realm_files="deploy/realm/demo-realm.json realm/testdata/lab-realm.json realm/testdata/shut-realm.json realm/testdata/account-realm.json realm/testdata/admin-realm.json e2e/support/journeys-realm.json interop/interop-realm.json"

# keycloak_start runs beside the other stages: it takes half a minute.
keycloak_start() {
  # shellcheck disable=SC2046 # the names hold no blanks
  scripts/keycloak.sh --background --port "$keycloak_port" --work "$work" --with-pid $$ $(printf -- '--realm %s ' $realm_files) \
    >"$work/keycloak.pid" 2>"$work/keycloak.out" &
  keycloak_starting=$!
}
keycloak_wait() {
  wait "$keycloak_starting" || { cat "$work/keycloak.out"; return 1; }
  keycloak_starting=
  keycloak_pid=$(cat "$work/keycloak.pid")
  grep ready "$work/keycloak.out"
}

# What both servers do alike, asked of the real one. The Go tests have asked the development realm.
parity_on_keycloak() { KEYSTEAD_PARITY_URL=http://localhost:$keycloak_port go test -count=1 ./realm/parity; }

# The table of who may do what, once more on tokens of the real Keycloak.
access_on_keycloak() { KEYSTEAD_TEST_ISSUER=http://localhost:$keycloak_port/realms/demo go test -count=1 -run TestAccessPolicyOnKeycloak ./api; }

# Signing in and out, once more on the real Keycloak, with the figures.
sessions_on_keycloak() {
  KEYSTEAD_TEST_ISSUER=http://localhost:$keycloak_port/realms/demo go test -count=1 -v -run 'OnKeycloak$|TestRevocationsCostOthersNothing' . | grep -Ev '^ *=== (RUN|PAUSE|CONT)'
}

e2e_install() { (cd e2e && npm ci --no-audit --no-fund --loglevel=error && npm run --silent typecheck); }

# journeys SERVER PORT PID: all that people do in a browser. The last of them ends the server.
journeys() {
  (cd e2e && KEYSTEAD_E2E_SERVER=$1 KEYSTEAD_ISSUER=http://localhost:$2/realms/demo KEYSTEAD_E2E_SERVER_PID=$3 npm test --silent)
}
realm_start() {
  # shellcheck disable=SC2046
  KEYSTEAD_REALM_SECRET=$KEYSTEAD_E2E_REALM_SECRET bin/keystead realm --addr "localhost:$realm_port" \
    $(printf -- '--realm-file %s ' $realm_files) >"$work/realm.out" 2>&1 &
  realm_pid=$!
  until (exec 3<>"/dev/tcp/localhost/$realm_port") 2>/dev/null; do
    kill -0 "$realm_pid" || { cat "$work/realm.out"; return 1; }
    sleep 0.1
  done
}

# libraries_build runs beside the stages of Go: it takes a minute or two the first time.
libraries_build() {
  scripts/interop.sh --build >"$work/interop.out" 2>&1 &
  libraries_building=$!
}
# libraries PORT: client libraries of other languages.
libraries() {
  [ -z "$libraries_building" ] || wait "$libraries_building" || { cat "$work/interop.out"; return 1; }
  libraries_building=
  scripts/interop.sh "http://localhost:$1/realms/interop" | tee "$work/interop.out"
  local line
  while read -r line; do skipped+=("the client library $line"); done < <(sed -n 's/^SKIPPED //p' "$work/interop.out")
}

realm_start_time() { (cd bench && go run ./realmstart -keycloak=false); }

# Whether the figures are good is judged nowhere: other things run beside this.
bench_quick() { (cd bench && go run ./sidebyside -quick 2>"$work/bench.err" || { cat "$work/bench.err"; false; }); }

# can_start_keycloak: are Java and Maven at hand?
can_start_keycloak() {
  local status=0
  scripts/keycloak.sh --fetch-only 2> >(tee "$work/keycloak.out" >&2) || status=$?
  case $status in
    0) return ;;
    3) # Java or Maven is missing
      skipped+=("what is tested on a real Keycloak: $(head -n 1 "$work/keycloak.out")")
      return 1
      ;;
    *) exit $status ;;
  esac
}

with_browser=false
with_keycloak=false
if ! $quick; then
  ! have "${CHROMIUM_PATH:-chromium}" "the browser journeys" "Debian: sudo apt install chromium; elsewhere set CHROMIUM_PATH to a Chromium or Chrome." || with_browser=true
  read -r app_port vite_port keycloak_port realm_port listed unlisted late first second sign_in session backchannel postgres_port api_port api_realm_port <<<"$(free_ports 15)"
  export KEYSTEAD_APP_URL=http://localhost:$app_port KEYSTEAD_VITE_URL=http://localhost:$vite_port
  export KEYSTEAD_BACKCHANNEL_LOGOUT_URL=$KEYSTEAD_APP_URL/auth/backchannel-logout
  export KEYSTEAD_E2E_LISTED_ORIGIN=http://localhost:$listed KEYSTEAD_E2E_UNLISTED_ORIGIN=http://localhost:$unlisted
  export KEYSTEAD_E2E_LATE_APP_URL=http://localhost:$late
  export KEYSTEAD_E2E_FIRST_APP=http://localhost:$first KEYSTEAD_E2E_SECOND_APP=http://localhost:$second
  export KEYSTEAD_E2E_SIGN_IN_APP=http://localhost:$sign_in KEYSTEAD_E2E_SIGN_IN_ELSEWHERE=http://127.0.0.1:$sign_in # the latter for the realm's file
  export KEYSTEAD_E2E_SESSION_APP=http://localhost:$session
  export KEYSTEAD_PARITY_BACKCHANNEL_URL=http://127.0.0.1:$backchannel/
  KEYSTEAD_E2E_REALM_SECRET=$(node -p 'crypto.randomUUID()')
  export KEYSTEAD_E2E_REALM_SECRET
  stage "PostgreSQL: start" postgres_start
  if can_start_keycloak; then
    with_keycloak=true
    keycloak_start
  fi
fi

stage "web: packages" web_install
stage "web: types, lint, unit tests" web_check
$quick || libraries_build # not sooner: the unit tests have no time to give away
stage "go: format, vet, staticcheck" go_check
if have "${CC:-cc}" "the race detector of the Go tests" "It needs a C compiler. Debian: sudo apt install gcc; macOS: xcode-select --install."; then
  stage "go: tests with the race detector" go_test -race
else
  stage "go: tests" go_test
fi
stage "go: verification in FIPS 140-only mode" fips_test
stage "bench: the peers do the same work" bench_test
$quick && exit

stage "web: build" web_build
stage "go: build" make --no-print-directory bin/keystead
stage "realm: from process start to a token" realm_start_time
stage "bench: all of it once, in short" bench_quick
if can_run_schemathesis; then stage "api: what its document says, by Schemathesis" api_by_its_document; fi
realm_start
stage "client libraries of five languages: on the development realm" libraries "$realm_port"
if $with_browser; then
  stage "journeys: packages, types" e2e_install
  stage "journeys: a browser, the binary and its development realm" journeys development "$realm_port" "$realm_pid"
fi
if $with_keycloak; then
  stage "keycloak: the rest of its start" keycloak_wait
  stage "client libraries of five languages: on Keycloak" libraries "$keycloak_port"
  stage "parity: on Keycloak" parity_on_keycloak
  stage "access policy: on Keycloak's own tokens" access_on_keycloak
  stage "sessions and sign-outs: on Keycloak" sessions_on_keycloak
  if $with_browser; then stage "journeys: a browser, the binary and Keycloak" journeys keycloak "$keycloak_port" "$keycloak_pid"; fi
fi
