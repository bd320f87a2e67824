// Package parity holds no code, only tests: one suite that talks HTTP to an OpenID provider and must
// pass on a real Keycloak 26.7.4 as well as on our development realm. What both do alike is what an
// app may rely on.
//
// The server needs five realms: demo (deploy/realm/demo-realm.json), lab, shut, account and admin-lab (realm/testdata).
// KEYSTEAD_PARITY_URL names it as its issuers begin, such as http://localhost:8080; without that
// variable the suite starts the development realm itself. Against Keycloak:
//
//	export KEYSTEAD_PARITY_BACKCHANNEL_URL=http://127.0.0.1:8629/ # the realm file carries it: where the suite listens for logouts
//	scripts/keycloak.sh --port 8620 --realm deploy/realm/demo-realm.json \
//	  --realm realm/testdata/lab-realm.json --realm realm/testdata/shut-realm.json \
//	  --realm realm/testdata/account-realm.json --realm realm/testdata/admin-realm.json &
//	KEYSTEAD_PARITY_URL=http://localhost:8620 go test ./realm/parity
//
// Answers are compared by shape: instants, ids and keys only by their form, roles, scopes and origins
// as sets, pages by the ids of their elements.
package parity
