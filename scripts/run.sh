#!/usr/bin/env bash
# Starts bin/keystead on the demo realm, and a real Keycloak beside it when nothing answers at the issuer.
# Settings come from the environment and .env as always; what neither sets is the demo realm's.
set -euo pipefail
cd "$(dirname "$0")/.."

# default NAME VALUE: exports the value when neither the environment nor .env has the setting.
default() {
  if [ -z "${!1:-}" ] && ! grep -Eqs "^(export )?$1=." .env; then export "$1=$2"; fi
}
default KEYSTEAD_ISSUER http://localhost:8080/realms/demo
default KEYSTEAD_CLIENT_ID demo
default KEYSTEAD_AUDIENCE keystead-api
default KEYSTEAD_CORS_ORIGINS http://localhost:3000

config=$(bin/keystead serve --print-config) # ends here, and says why, when a setting is wrong
in_force() { awk -v name="$1" '$1 == name { print $2 }' <<<"$config"; }
issuer=$(in_force KEYSTEAD_ISSUER)
addr=$(in_force KEYSTEAD_ADDR)
app=http://localhost:${addr##*:}

answers() { curl --silent --fail --output /dev/null --max-time 5 "$1"; }

pids=()
stop() {
  trap '' INT TERM
  [ ${#pids[@]} = 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 0' INT TERM # asked for, so no failure

if ! answers "$issuer"; then
  if [[ ! $issuer =~ ^http://localhost:([0-9]+)/realms/demo$ ]]; then
    echo "Nothing answers at $issuer. Start that realm, or set KEYSTEAD_ISSUER to one that runs." >&2
    exit 1
  fi
  echo "Nothing answers at $issuer, so a Keycloak starts there. It takes half a minute, the first time longer."
  # Waited for in the background, so that Ctrl-C works meanwhile; it stops by itself when this script has ended.
  KEYSTEAD_APP_URL=$app scripts/keycloak.sh --background --port "${BASH_REMATCH[1]}" --with-pid $$ >/dev/null &
  pids+=($!)
  wait $! || exit 1
fi

bin/keystead serve &
server=$!
pids+=("$server")
until answers "$app/health"; do
  kill -0 "$server" 2>/dev/null || exit 1 # it has said why
  sleep 0.1
done

cat <<SUMMARY

  Open        $app
  Sign in as  alice / alice (roles user, admin)   or   bob / bob (role user)

  Or call the API from another terminal:
    token=\$(curl -s $issuer/protocol/openid-connect/token -d grant_type=client_credentials \\
      -d client_id=reporter -d client_secret=reporter-demo-secret | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl $app/api/admin/reports -H "Authorization: Bearer \$token"
    curl -i $app/api/me        # without a token: 401, and why

  Ctrl-C stops it.

SUMMARY
wait "$server"
