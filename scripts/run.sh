#!/usr/bin/env bash
# Starts bin/keystead on the demo realm, and a real Keycloak beside it when nothing answers at the issuer.
# Settings come from the environment and .env as always; what is set nowhere is the demo realm's.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v curl >/dev/null || {
  echo "This needs curl, to see whether the realm answers. Debian, Ubuntu: sudo apt install curl" >&2
  exit 1
}

# The binary itself tells what is set: a table of name, value and origin. It fails while something is missing.
table=$(bin/keystead serve --print-config 2>/dev/null || true)

# default NAME VALUE: exports the value when the setting is set nowhere.
default() {
  if awk -v name="$1" '$1 == name && $NF == "default" { found = 1 } END { exit !found }' <<<"$table"; then export "$1=$2"; fi
}
default KEYSTEAD_ISSUER http://localhost:8080/realms/demo
default KEYSTEAD_CLIENT_ID demo
default KEYSTEAD_AUDIENCE keystead-api
default KEYSTEAD_CORS_ORIGINS http://localhost:3000

value() { awk -v name="$1" '$1 == name && NF > 2 { print $2 }' <<<"$table"; }
issuer=${KEYSTEAD_ISSUER:-$(value KEYSTEAD_ISSUER)}
# The demo realm's secret is no secret; no other realm is sent it. One of the two alone is a mistake, which is told below.
if [[ $issuer =~ ^http://localhost:[0-9]+/realms/demo$ && -z $(value KEYSTEAD_INTROSPECTION_CLIENT_ID)$(value KEYSTEAD_INTROSPECTION_CLIENT_SECRET) ]]; then
  default KEYSTEAD_INTROSPECTION_CLIENT_ID keystead-api
  default KEYSTEAD_INTROSPECTION_CLIENT_SECRET keystead-api-demo-secret
fi

table=$(bin/keystead serve --print-config) # ends here, and says why, when a setting is wrong
addr=$(value KEYSTEAD_ADDR)
app=$(value KEYSTEAD_PUBLIC_URL)
app=${app:-http://localhost:${addr##*:}}

server=
starting=
keycloak=
pid_file=$(mktemp)
stop() {
  trap '' INT TERM
  [ -n "$keycloak" ] || keycloak=$(cat "$pid_file")
  for pid in $server $starting $keycloak; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  while [ -n "$keycloak" ] && kill -0 "$keycloak" 2>/dev/null; do sleep 0.1; done # so that the next start finds the port free
  rm -f "$pid_file"
}
trap stop EXIT
trap 'exit 0' INT TERM # asked for, so no failure

if ! curl --silent --fail --output /dev/null --max-time 5 --noproxy localhost "$issuer"; then
  if [[ ! $issuer =~ ^http://localhost:([0-9]+)/realms/demo$ ]]; then
    echo "Nothing answers at $issuer. Start that realm, or set KEYSTEAD_ISSUER to one that runs." >&2
    exit 1
  fi
  echo "Nothing answers at $issuer, so a Keycloak starts there. It takes half a minute, the first time longer."
  # In the background, so that Ctrl-C works meanwhile.
  KEYSTEAD_APP_URL=$app scripts/keycloak.sh --background --port "${BASH_REMATCH[1]}" --with-pid $$ >"$pid_file" &
  starting=$!
  wait "$starting" || exit 1
  starting=
fi

bin/keystead serve &
server=$!
until bin/keystead healthcheck 2>/dev/null; do
  kill -0 "$server" 2>/dev/null || exit 1 # it has said why
  sleep 0.1
done

echo
echo "  Open        $app"
if [[ $issuer == http://localhost:*/realms/demo ]]; then
  cat <<SUMMARY
  Sign in as  alice / alice (roles user, admin)   or   bob / bob (role user)

  Or call the API from another terminal:
    token=\$(curl -s $issuer/protocol/openid-connect/token -d grant_type=client_credentials \\
      -d client_id=reporter -d client_secret=reporter-demo-secret | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl $app/api/admin/reports -H "Authorization: Bearer \$token"
    curl -i $app/api/me        # without a token: 401, and why
SUMMARY
fi
printf '\n  Ctrl-C stops it.\n\n'
wait "$server"
