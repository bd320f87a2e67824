package realm

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// fields are the members of one kind of object that Keycloak 26.7 knows. It refuses a file with any other,
// but among attributes.
type fields struct {
	used   map[string]bool   // the loader reads them
	silent map[string]bool   // change nothing, here or in what Keycloak answers: texts for its consoles and the like
	unused map[string]topic  // change something in Keycloak that does not happen here; some are used as well
	open   bool              // there may be others, which plug-ins read
	needs  map[string]string // members that change nothing in Keycloak unless another one is true
}

func newFields(used, silent string, unused map[topic]string) fields {
	f := fields{used: set(used), silent: set(silent), unused: map[string]topic{}}
	for t, names := range unused {
		for name := range set(names) {
			f.unused[name] = t
		}
	}
	return f
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}

// check warns of the members that Keycloak does not know, and records those that this realm does not act on,
// but where they say what Keycloak does by default. There is no default of what byDefault lacks; it may be nil.
func (f fields) check(n, byDefault *node) {
	for _, m := range n.values() {
		t, unused := f.unused[m.name]
		switch {
		case unused && f.needs[m.name] != "" && !n.flag(f.needs[m.name], false):
		case unused:
			m.leave(t, byDefault.member(m.name))
		case f.used[m.name] || f.silent[m.name]:
		case f.open:
			m.leave(otherAttributes, byDefault.member(m.name))
		default:
			m.warn("Keycloak does not know this field and refuses the whole file because of it: correct its name or remove it")
		}
	}
}

// leave records that this realm does not act on the node, unless it says what Keycloak does by default. The
// objects of a list are recorded one by one.
func (n *node) leave(t topic, byDefault *node) {
	if n.kind == jsontext.KindBeginArray && len(n.items) > 0 && n.items[0].kind == jsontext.KindBeginObject {
		for _, item := range n.items {
			if !item.isEmpty() && !byDefault.holds(item) {
				item.leaveOut(t)
			}
		}
	} else if !same(n, byDefault) {
		n.leaveOut(t)
	}
}

// leaveOut records that this realm does not act on the node, or on the parts of it that are named.
func (n *node) leaveOut(t topic, parts ...string) {
	log := n.src.log
	if len(parts) == 0 {
		log.left = append(log.left, leftOut{t, n.path()})
	}
	for _, part := range parts {
		log.left = append(log.left, leftOut{t, n.path() + "[" + part + "]"})
	}
}

// The lists follow Keycloak's classes RealmRepresentation, ClientRepresentation and so on.
var (
	realmFields = newFields(`
			id realm displayName enabled roles defaultRole defaultRoles groups defaultGroups users clients clientScopes
			defaultDefaultClientScopes defaultOptionalClientScopes scopeMappings clientScopeMappings
			applicationScopeMappings components attributes passwordPolicy loginWithEmailAllowed duplicateEmailsAllowed
			editUsernameAllowed rememberMe revokeRefreshToken refreshTokenMaxReuse sslRequired verifyEmail
			defaultSignatureAlgorithm notBefore accessTokenLifespan
			accessCodeLifespan accessCodeLifespanLogin accessCodeLifespanUserAction
			ssoSessionIdleTimeout ssoSessionMaxLifespan ssoSessionIdleTimeoutRememberMe ssoSessionMaxLifespanRememberMe
			clientSessionIdleTimeout clientSessionMaxLifespan offlineSessionIdleTimeout
			offlineSessionMaxLifespanEnabled offlineSessionMaxLifespan clientOfflineSessionIdleTimeout
			oauth2DeviceCodeLifespan oauth2DevicePollingInterval keycloakVersion`, `
			passwordCredentialGrantAllowed`, map[topic]string{
		identityProviders:   `identityProviders identityProviderMappers social socialProviders updateProfileOnInitialSocialLogin`,
		userFederation:      `userFederationProviders userFederationMappers federatedUsers`,
		authenticationFlows: `authenticationFlows authenticatorConfig browserFlow registrationFlow directGrantFlow resetCredentialsFlow clientAuthenticationFlow dockerAuthenticationFlow firstBrokerLoginFlow requiredCredentials`,
		requiredActions:     `requiredActions`,
		otpPolicy: `otpPolicyAlgorithm otpPolicyCodeReusable otpPolicyDigits otpPolicyInitialCounter otpPolicyLookAheadWindow
			otpPolicyPeriod otpPolicyType otpSupportedApplications`,
		webAuthnPolicy: `
			webAuthnPolicyAcceptableAaguids webAuthnPolicyAttestationConveyancePreference
			webAuthnPolicyAuthenticatorAttachment webAuthnPolicyAvoidSameAuthenticatorRegister webAuthnPolicyCreateTimeout
			webAuthnPolicyExtraOrigins webAuthnPolicyRequireResidentKey webAuthnPolicyResidentKey
			webAuthnPolicyRpEntityName webAuthnPolicyRpId webAuthnPolicySignatureAlgorithms
			webAuthnPolicyUserVerificationRequirement
			webAuthnPolicyPasswordlessAcceptableAaguids webAuthnPolicyPasswordlessAttestationConveyancePreference
			webAuthnPolicyPasswordlessAuthenticatorAttachment webAuthnPolicyPasswordlessAvoidSameAuthenticatorRegister
			webAuthnPolicyPasswordlessCreateTimeout webAuthnPolicyPasswordlessExtraOrigins
			webAuthnPolicyPasswordlessMediation webAuthnPolicyPasswordlessPasskeysEnabled
			webAuthnPolicyPasswordlessRequireResidentKey webAuthnPolicyPasswordlessResidentKey
			webAuthnPolicyPasswordlessRpEntityName webAuthnPolicyPasswordlessRpId
			webAuthnPolicyPasswordlessSignatureAlgorithms webAuthnPolicyPasswordlessUserVerificationRequirement`,
		bruteForce: `bruteForceProtected bruteForceStrategy failureFactor maxDeltaTimeSeconds maxFailureWaitSeconds
			maxSecondaryAuthFailures maxTemporaryLockouts minimumQuickLoginWaitSeconds permanentLockout
			quickLoginCheckMilliSeconds waitIncrementSeconds`,
		registration:          `registrationAllowed registrationEmailAsUsername`,
		email:                 `smtpServer resetPasswordAllowed verifyEmail actionTokenGeneratedByAdminLifespan actionTokenGeneratedByUserLifespan`,
		organizations:         `organizations organizationsEnabled`,
		implicitFlow:          `accessTokenLifespanForImplicitFlow`,
		authorizationServices: `userManagedAccessAllowed`,
		offlineLifetimes:      `clientOfflineSessionMaxLifespan`,
		clientPolicies:        `clientPolicies clientProfiles`,
		keyProviders:          `privateKey publicKey certificate codeSecret`,
		securityHeaders:       `browserSecurityHeaders`,
		themes:                `accountTheme adminTheme emailTheme loginTheme displayNameHtml`,
		localization:          `internationalizationEnabled supportedLocales defaultLocale localizationTexts`,
		events:                `eventsEnabled eventsExpiration eventsListeners enabledEventTypes adminEventsEnabled adminEventsDetailsEnabled`,
		administration:        `adminPermissionsClient adminPermissionsEnabled scimApiEnabled`,
		verifiableCredentials: `verifiableCredentialsEnabled`,
		oldNames:              `applications oauthClients clientTemplates protocolMappers`,
	}).needing(map[string]string{
		"bruteForceProtected": `bruteForceStrategy failureFactor maxDeltaTimeSeconds maxFailureWaitSeconds
			maxSecondaryAuthFailures maxTemporaryLockouts minimumQuickLoginWaitSeconds permanentLockout
			quickLoginCheckMilliSeconds waitIncrementSeconds`,
		"eventsEnabled":               `eventsExpiration enabledEventTypes`,
		"adminEventsEnabled":          `adminEventsDetailsEnabled`,
		"internationalizationEnabled": `supportedLocales defaultLocale`,
	})
	realmAttributes = newFields(`
			acr.loa.map accessTokenLifespan accessCodeLifespan accessCodeLifespanLogin accessCodeLifespanUserAction
			ssoSessionIdleTimeout ssoSessionMaxLifespan ssoSessionIdleTimeoutRememberMe ssoSessionMaxLifespanRememberMe
			clientSessionIdleTimeout clientSessionMaxLifespan offlineSessionIdleTimeout offlineSessionMaxLifespan
			clientOfflineSessionIdleTimeout oauth2DeviceCodeLifespan oauth2DevicePollingInterval`, ``, map[topic]string{
		otpPolicy:       `realmReusableOtpCode`,
		otherGrants:     `cibaAuthRequestedUserHint cibaBackchannelTokenDeliveryMode cibaExpiresIn cibaInterval parRequestUriLifespan`,
		frontendAddress: `frontendUrl shortVerificationUri`,
		email: `actionTokenGeneratedByUserLifespan.verify-email actionTokenGeneratedByUserLifespan.idp-verify-account-via-email
			actionTokenGeneratedByUserLifespan.reset-credentials actionTokenGeneratedByUserLifespan.execute-actions`,
		securityHeaders: `
			_browser_header.contentSecurityPolicy _browser_header.contentSecurityPolicyReportOnly
			_browser_header.referrerPolicy _browser_header.strictTransportSecurity _browser_header.xContentTypeOptions
			_browser_header.xFrameOptions _browser_header.xRobotsTag`,
		events: `adminEventsExpiration`,
	}).withAttributesOf(realmFields)
	clientFields = newFields(`
			id clientId name enabled publicClient bearerOnly secret
			standardFlowEnabled directAccessGrantsEnabled directGrantsOnly serviceAccountsEnabled
			authorizationServicesEnabled consentRequired fullScopeAllowed notBefore protocol rootUrl baseUrl
			redirectUris webOrigins defaultClientScopes optionalClientScopes protocolMappers attributes defaultRoles
			frontchannelLogout clientAuthenticatorType description implicitFlowEnabled`, `
			access nodeReRegistrationTimeout origin surrogateAuthRequired type`, map[topic]string{
		authenticationFlows:   `authenticationFlowBindingOverrides`,
		implicitFlow:          `implicitFlowEnabled`,
		authorizationServices: `authorizationServicesEnabled authorizationSettings`,
		adminAddresses:        `adminUrl registeredNodes`,
		clientRegistration:    `registrationAccessToken`,
		administration:        `alwaysDisplayInConsole`,
		oldNames:              `clientTemplate useTemplateConfig useTemplateMappers useTemplateScope`,
	})
	clientAttributes = newFields(`
			access.token.header.type.rfc9068 access.token.lifespan access.token.signed.response.alg acr.loa.map
			backchannel.logout.revoke.offline.tokens backchannel.logout.session.required backchannel.logout.url
			client.offline.session.idle.timeout client.session.idle.timeout client.session.max.lifespan
			client.use.lightweight.access.token.enabled client_credentials.use_refresh_token
			id.token.signed.response.alg oauth2.device.authorization.grant.enabled pkce.code.challenge.method
			post.logout.redirect.uris use.refresh.tokens`, `
			client.secret.creation.time realm_client`, map[topic]string{
		clientAuthentication: `
			jwks.string jwks.url jwt.credential.issuer jwt.credential.kid jwt.credential.public.key jwt.credential.certificate
			jwt.credential.sub token.endpoint.auth.signing.alg use.jwks.string use.jwks.url
			x509.allow.regex.pattern.comparison x509.subjectdn`,
		boundTokens: `dpop.bound.access.tokens tls.client.certificate.bound.access.tokens`,
		otherGrants: `
			ciba.backchannel.auth.request.signing.alg ciba.backchannel.client.notification.endpoint
			ciba.backchannel.token.delivery.mode oauth2.jwt.authorization.grant.enabled
			oauth2.jwt.authorization.grant.idp oidc.ciba.grant.enabled request.object.encryption.alg
			request.object.encryption.enc request.object.required request.object.signature.alg request.uris
			require.pushed.authorization.requests standard.token.exchange.enabled
			standard.token.exchange.enableRefreshRequestedTokenType`,
		encryption: `
			authorization.encrypted.response.alg authorization.encrypted.response.enc authorization.signed.response.alg
			client.introspection.response.allow.jwt.claim.enabled id.token.as.detached.signature
			id.token.encrypted.response.alg id.token.encrypted.response.enc user.info.encrypted.response.alg
			user.info.encrypted.response.enc user.info.response.signature.alg`,
		clientAnswers: `
			default.acr.values exclude.issuer.from.auth.response exclude.session.state.from.auth.response
			logout.confirmation.enabled minimum.acr.value oauth2.device.code.lifespan oauth2.device.polling.interval token.response.type.bearer.lower-case`,
		offlineLifetimes:   `client.offline.session.max.lifespan`,
		frontchannelLogout: `frontchannel.logout.session.required frontchannel.logout.url`,
		themes:             `consent.screen.text display.on.consent.screen login_theme logoUri policyUri tosUri`,
	}).opened()
	userFields = newFields(`
			id username email firstName lastName emailVerified enabled attributes realmRoles clientRoles
			applicationRoles groups credentials requiredActions serviceAccountClientId notBefore clientConsents`, `
			access createdTimestamp disableableCredentialTypes self totp userProfileMetadata`, map[topic]string{
		identityProviders:     `federatedIdentities socialLinks`,
		userFederation:        `federationLink origin`,
		verifiableCredentials: `issuedVerifiableCredentials verifiableCredentials`,
	})
	roleFields = newFields(`
			id name composites attributes`, `
			clientRole composite containerId description scopeParamRequired`, nil)
	compositeFields = newFields(`
			realm client application`, ``, nil)
	rolesFields = newFields(`
			realm client application`, ``, nil)
	groupFields = newFields(`
			id name subGroups realmRoles clientRoles attributes`, `
			access description parentId path subGroupCount`, nil)
	scopeFields = newFields(`
			id name protocol attributes protocolMappers`, `
			description`, nil)
	scopeAttributes = newFields(`
			consent.screen.text display.on.consent.screen include.in.token.scope`, `
			gui.order`, map[topic]string{
		dynamicScopes: `is.dynamic.scope dynamic.scope.regexp`,
	}).opened()
	mapperFields = newFields(`
			name protocolMapper config`, `
			consentRequired consentText id protocol`, nil)
	credentialFields = newFields(`
			type value temporary secretData credentialData hashedSaltedValue salt hashIterations algorithm`, `
			createdDate id priority userLabel`, map[topic]string{
		otherCredentials: `config counter device digits period`,
		userFederation:   `federationLink`,
	})
	scopeMappingFields = newFields(`
			client clientScope clientTemplate roles`, `
			self`, nil)
	consentFields = newFields(`
			clientId grantedClientScopes`, `
			createdDate grantedRealmRoles lastUpdatedDate`, nil)
	componentFields = newFields(`
			providerId config`, `
			id name subComponents subType`, nil)
)

// needing names members that change nothing in Keycloak unless another one is true.
func (f fields) needing(switches map[string]string) fields {
	f.needs = map[string]string{}
	for on, names := range switches {
		for name := range set(names) {
			f.needs[name] = on
		}
	}
	return f
}

// opened is for attributes, which a file may invent.
func (f fields) opened() fields {
	f.open = true
	return f
}

// withAttributesOf adds what exports write twice: as a member of the realm and among its attributes.
func (f fields) withAttributesOf(realm fields) fields {
	for name, t := range realm.unused {
		if _, own := f.unused[name]; !own {
			f.unused[name] = t
		}
	}
	return f.opened()
}
