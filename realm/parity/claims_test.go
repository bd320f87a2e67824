package parity

import "time"

// What tokens say about the people of the realm files.
var (
	aliceProfile = shape{"email_verified": true, "name": "Alice Archer", "preferred_username": "alice", "given_name": "Alice", "family_name": "Archer", "email": "alice@example.com"}
	bobProfile   = shape{"email_verified": false, "name": "Bob Baker", "preferred_username": "bob", "given_name": "Bob", "family_name": "Baker", "email": "bob@example.com"}
	doraProfile  = shape{"email_verified": false, "name": "Dora Default", "preferred_username": "dora", "given_name": "Dora", "family_name": "Default", "email": "dora@example.com"}
	olafProfile  = shape{"email_verified": false, "name": "Olaf Offline", "preferred_username": "olaf", "given_name": "Olaf", "family_name": "Offline", "email": "olaf@example.com"}

	labAlice = aliceProfile.and(shape{"sub": "a11ce000-0000-4000-8000-0000000000a1"})
	labBob   = bobProfile.and(shape{"sub": "b0b00000-0000-4000-8000-0000000000b1"})
	labDora  = doraProfile.and(shape{"sub": "d0120000-0000-4000-8000-0000000000d1"})
	labOlaf  = olafProfile.and(shape{"sub": "01af0000-0000-4000-8000-000000000001"})

	// aliceRoles is what alice of lab brings along in an access token of a client with full scope.
	aliceRoles = shape{
		"aud":             "api",
		"realm_access":    roles("user", "admin"),
		"resource_access": shape{"api": roles("read")},
	}
)

// accessClaims are those of an access token of the realm after a login in a browser, without those
// about the person.
func (a app) accessClaims(kind string) shape {
	return shape{
		"exp": in(5 * time.Minute), "iat": in(0), "auth_time": in(0), "jti": jti(kind), "iss": a.url(""), "typ": "Bearer",
		"azp": a.id, "sid": sid, "acr": "1", "scope": words("openid", "email", "profile"),
	}
}

// idClaims are those of an ID token.
func (a app) idClaims() shape {
	return shape{
		"exp": in(5 * time.Minute), "iat": in(0), "auth_time": in(0), "jti": uuid, "iss": a.url(""), "aud": a.id, "typ": "ID",
		"azp": a.id, "sid": sid, "acr": "1", "at_hash": text(`[A-Za-z0-9_-]{22}`), "nonce": "n0nce",
	}
}

// refreshClaims are those of a refresh token.
func (a app) refreshClaims(sub any) shape {
	return shape{
		"exp": in(30 * time.Minute), "iat": in(0), "jti": uuid, "iss": a.url(""), "aud": a.url(""), "sub": sub, "typ": "Refresh",
		"azp": a.id, "sid": sid, "scope": words("openid", "email", "profile", "acr", "basic", "web-origins", "roles"), "prov": "default",
	}
}

// tokenAnswer is an answer of the token endpoint with all three tokens.
func tokenAnswer() shape {
	return shape{
		"access_token": anyText, "expires_in": about(300), "refresh_expires_in": about(1800), "refresh_token": anyText, "token_type": "Bearer",
		"id_token": anyText, "not-before-policy": 0, "session_state": sid, "scope": words("openid", "email", "profile"),
	}
}
