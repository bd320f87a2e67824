package realm

// topic is a matter that Keycloak acts on and this realm does not. A report tells of each once, however
// many members of the file belong to it.
type topic int

// The topics, in the order in which a report tells of them: first what changes how people sign in.
const (
	identityProviders topic = iota
	userFederation
	authenticationFlows
	requiredActions
	otpPolicy
	webAuthnPolicy
	otherCredentials
	bruteForce
	passwordRules
	userProfileChecks
	registration
	email
	organizations
	otherProtocols
	clientAuthentication
	implicitFlow
	boundTokens
	otherGrants
	encryption
	clientAnswers
	protocolMappers
	dynamicScopes
	authorizationServices
	offlineLifetimes
	frontchannelLogout
	adminAddresses
	clientPolicies
	clientRegistration
	keyProviders
	frontendAddress
	plainHTTP
	securityHeaders
	themes
	localization
	events
	administration
	verifiableCredentials
	oldNames
	otherComponents
	otherAttributes
)

// topicTexts has of each topic the name under which several members stand together, and what Keycloak does
// and this realm does instead.
var topicTexts = [...]struct{ name, text string }{
	identityProviders:     {"identityProviders", "Keycloak lets people sign in with these. Here, the people of the file sign in, and kc_idp_hint is ignored."},
	userFederation:        {"userFederation", "Keycloak finds further users there, as in a directory. Here, there are the users of the file and no others."},
	authenticationFlows:   {"authenticationFlows", "Keycloak signs people and clients in by these steps. Here, everybody signs in with name and password, and clients with their secret."},
	requiredActions:       {"requiredActions", "Keycloak has people do these before a sign-in ends. Here, UPDATE_PASSWORD is carried out if it stands with a user, any other ends the sign-in at a page that names it, and what a realm asks of everybody is not asked."},
	otpPolicy:             {"otpPolicy*", "Keycloak makes and checks one-time passwords by these rules. Here, nobody is asked for one."},
	webAuthnPolicy:        {"webAuthnPolicy*", "Keycloak registers passkeys and security keys by these rules and takes them at the sign-in. Here, nobody is asked for one."},
	otherCredentials:      {"credentials", "Keycloak asks for these at the sign-in. Here, the password is enough."},
	bruteForce:            {"bruteForceProtected", "Keycloak locks accounts after failed sign-ins. Here, everybody may try as often as they like."},
	passwordRules:         {"passwordPolicy", "Keycloak refuses passwords that are in use for too long, were used before or stand in a list, and asks again after a time. Here, the other rules of the policy are checked."},
	userProfileChecks:     {"user profile", "Keycloak checks this when a person signs in or changes the profile. Here, it is not checked."},
	registration:          {"registrationAllowed", "Keycloak lets people register. Here, the answer is \"Registration not allowed\": people are added in the file."},
	email:                 {"smtpServer", "Keycloak sends mail, to verify addresses and for new passwords. Here, no mail is sent: the sign-in offers no new password, and with verifyEmail it ends at a page for people without \"emailVerified\": true."},
	organizations:         {"organizations", "Keycloak asks for the name first and the password on a second page, and puts organizations into tokens. Here, the sign-in is one page, and tokens name no organization."},
	otherProtocols:        {"protocol", "Keycloak speaks SAML or Docker's protocol with these. Here, there is OpenID Connect only: the clients keep their roles, but nobody signs in with them."},
	clientAuthentication:  {"clientAuthenticatorType", "Keycloak takes a signed JWT or a certificate of these clients. Here, a client shows its secret."},
	implicitFlow:          {"implicitFlowEnabled", "Keycloak gives tokens in the redirect (implicit and hybrid flow). Here, that is refused as unauthorized_client."},
	boundTokens:           {"bound tokens", "Keycloak binds the tokens of these clients to a key or a certificate (DPoP, mutual TLS). Here, they are bearer tokens."},
	otherGrants:           {"further requests", "Keycloak has or demands these kinds of requests (PAR, request objects, CIBA, token exchange). Here, they are refused or not found, and none is demanded."},
	encryption:            {"signed and encrypted answers", "Keycloak signs or encrypts these. Here, access and ID tokens are signed, never encrypted, and all other answers are plain."},
	clientAnswers:         {"answers to clients", "Keycloak answers these clients otherwise than it does by default. Here, all get the default."},
	protocolMappers:       {"protocolMappers", "Keycloak puts something into tokens by these. Here, tokens lack it."},
	dynamicScopes:         {"dynamic scopes", "Keycloak takes scopes with a parameter, such as group:staff. Here, a scope is asked for by its name."},
	authorizationServices: {"authorizationSettings", "Keycloak decides by resources and policies and gives tokens with permissions (UMA). Here, that grant is refused."},
	offlineLifetimes:      {"clientOfflineSessionMaxLifespan", "Keycloak ends a client's offline session after this time. Here, it lasts as long as the offline session itself."},
	frontchannelLogout:    {"frontchannel.logout.url", "Keycloak tells these apps of a sign-out through the browser. Here, they are not told."},
	adminAddresses:        {"adminUrl", "Keycloak tells these addresses of revocations and sign-outs. Here, apps are told of sign-outs at their backchannel.logout.url only."},
	clientPolicies:        {"clientPolicies", "Keycloak holds clients and their requests to these. Here, nothing does."},
	clientRegistration:    {"client registration", "Keycloak lets clients register by themselves under these conditions. Here, clients are added in the file."},
	keyProviders:          {"components.org.keycloak.keys.KeyProvider", "Keycloak signs with these keys or publishes them. Here, RSA keys of the file are used, and all others are made at start."},
	frontendAddress:       {"frontendUrl", "Keycloak names itself by this address, in tokens too. Here, the issuer is the address by which the realm is asked."},
	plainHTTP:             {"sslRequired", "Keycloak refuses plain http. Here, it is taken, as the realm listens on this machine only."},
	securityHeaders:       {"browserSecurityHeaders", "Keycloak sends these headers with its pages. Here, the headers are always the same."},
	themes:                {"themes", "Keycloak's pages look so and show this. Here, they have a look of their own, and of a client they show its name."},
	localization:          {"internationalizationEnabled", "Keycloak's pages speak these languages and words, and ui_locales chooses one. Here, they are in English."},
	events:                {"eventsEnabled", "Keycloak keeps events and tells listeners of them. Here, there are none."},
	administration:        {"administration", "Keycloak's consoles and APIs for administrators follow these. Here, nothing does."},
	verifiableCredentials: {"verifiableCredentials", "Keycloak issues verifiable credentials. Here, there are none."},
	oldNames:              {"old names", "Keycloak still reads these members of old versions. Here, they are passed over: use their successors, such as clients and clientScopes."},
	otherComponents:       {"components", "Keycloak loads these components. Here, nothing does."},
	otherAttributes:       {"attributes", "Keycloak keeps these attributes, for itself or for themes and plug-ins. Here, nothing reads them."},
}
