package realm

import "strings"

// fields are the members that Keycloak 26.7 knows in one kind of object. It refuses a file with any other.
type fields struct {
	used   map[string]bool // those that the loader reads or that say nothing about how the realm behaves
	unused map[string]bool // those that change something in Keycloak and nothing here: a report may list them
}

func newFields(used, unused string) fields {
	return fields{set(used), set(unused)}
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}

// check warns of the members that Keycloak does not know.
func (f fields) check(n *node) {
	for _, m := range n.values() {
		if !f.used[m.name] && !f.unused[m.name] {
			m.warn("Keycloak does not know this field and refuses the whole file because of it: correct its name or remove it")
		}
	}
}

// The lists follow Keycloak's classes RealmRepresentation, ClientRepresentation and so on.
var (
	realmFields = newFields(`
			id realm displayName enabled roles defaultRole defaultRoles groups defaultGroups users clients clientScopes
			defaultDefaultClientScopes defaultOptionalClientScopes scopeMappings clientScopeMappings
			applicationScopeMappings components attributes passwordPolicy loginWithEmailAllowed duplicateEmailsAllowed
			editUsernameAllowed rememberMe registrationAllowed revokeRefreshToken refreshTokenMaxReuse
			internationalizationEnabled defaultSignatureAlgorithm notBefore accessTokenLifespan
			accessTokenLifespanForImplicitFlow accessCodeLifespan accessCodeLifespanLogin accessCodeLifespanUserAction
			ssoSessionIdleTimeout ssoSessionMaxLifespan ssoSessionIdleTimeoutRememberMe ssoSessionMaxLifespanRememberMe
			clientSessionIdleTimeout clientSessionMaxLifespan offlineSessionIdleTimeout
			offlineSessionMaxLifespanEnabled offlineSessionMaxLifespan clientOfflineSessionIdleTimeout
			oauth2DeviceCodeLifespan oauth2DevicePollingInterval keycloakVersion`, `
			accountTheme actionTokenGeneratedByAdminLifespan actionTokenGeneratedByUserLifespan
			adminEventsDetailsEnabled adminEventsEnabled adminPermissionsClient adminPermissionsEnabled adminTheme
			applications authenticationFlows authenticatorConfig browserFlow browserSecurityHeaders bruteForceProtected
			bruteForceStrategy certificate clientAuthenticationFlow clientOfflineSessionMaxLifespan clientPolicies
			clientProfiles clientTemplates codeSecret defaultLocale directGrantFlow displayNameHtml
			dockerAuthenticationFlow emailTheme enabledEventTypes eventsEnabled eventsExpiration eventsListeners
			failureFactor federatedUsers firstBrokerLoginFlow identityProviderMappers identityProviders
			localizationTexts loginTheme maxDeltaTimeSeconds maxFailureWaitSeconds maxSecondaryAuthFailures
			maxTemporaryLockouts minimumQuickLoginWaitSeconds oauthClients organizations organizationsEnabled
			otpPolicyAlgorithm otpPolicyCodeReusable otpPolicyDigits otpPolicyInitialCounter otpPolicyLookAheadWindow
			otpPolicyPeriod otpPolicyType otpSupportedApplications passwordCredentialGrantAllowed permanentLockout
			privateKey protocolMappers publicKey quickLoginCheckMilliSeconds registrationEmailAsUsername
			registrationFlow requiredActions requiredCredentials resetCredentialsFlow resetPasswordAllowed
			scimApiEnabled smtpServer social socialProviders sslRequired supportedLocales
			updateProfileOnInitialSocialLogin userFederationMappers userFederationProviders userManagedAccessAllowed
			verifiableCredentialsEnabled verifyEmail waitIncrementSeconds webAuthnPolicyAcceptableAaguids
			webAuthnPolicyAttestationConveyancePreference webAuthnPolicyAuthenticatorAttachment
			webAuthnPolicyAvoidSameAuthenticatorRegister webAuthnPolicyCreateTimeout webAuthnPolicyExtraOrigins
			webAuthnPolicyPasswordlessAcceptableAaguids webAuthnPolicyPasswordlessAttestationConveyancePreference
			webAuthnPolicyPasswordlessAuthenticatorAttachment webAuthnPolicyPasswordlessAvoidSameAuthenticatorRegister
			webAuthnPolicyPasswordlessCreateTimeout webAuthnPolicyPasswordlessExtraOrigins
			webAuthnPolicyPasswordlessMediation webAuthnPolicyPasswordlessPasskeysEnabled
			webAuthnPolicyPasswordlessRequireResidentKey webAuthnPolicyPasswordlessResidentKey
			webAuthnPolicyPasswordlessRpEntityName webAuthnPolicyPasswordlessRpId
			webAuthnPolicyPasswordlessSignatureAlgorithms webAuthnPolicyPasswordlessUserVerificationRequirement
			webAuthnPolicyRequireResidentKey webAuthnPolicyResidentKey webAuthnPolicyRpEntityName webAuthnPolicyRpId
			webAuthnPolicySignatureAlgorithms webAuthnPolicyUserVerificationRequirement`)
	clientFields = newFields(`
			id clientId name description enabled publicClient bearerOnly secret clientAuthenticatorType
			standardFlowEnabled implicitFlowEnabled directAccessGrantsEnabled directGrantsOnly serviceAccountsEnabled
			authorizationServicesEnabled consentRequired fullScopeAllowed notBefore protocol rootUrl baseUrl
			redirectUris webOrigins defaultClientScopes optionalClientScopes protocolMappers attributes defaultRoles
			frontchannelLogout`, `
			access adminUrl alwaysDisplayInConsole authenticationFlowBindingOverrides authorizationSettings
			clientTemplate nodeReRegistrationTimeout origin registeredNodes registrationAccessToken
			surrogateAuthRequired type useTemplateConfig useTemplateMappers useTemplateScope`)
	userFields = newFields(`
			id username email firstName lastName emailVerified enabled attributes realmRoles clientRoles
			applicationRoles groups credentials requiredActions serviceAccountClientId notBefore clientConsents
			createdTimestamp disableableCredentialTypes totp access self`, `
			federatedIdentities federationLink issuedVerifiableCredentials origin socialLinks userProfileMetadata
			verifiableCredentials`)
	roleFields = newFields(`
			id name description composite composites clientRole containerId attributes`, `
			scopeParamRequired`)
	compositeFields = newFields(`
			realm client application`, ``)
	rolesFields = newFields(`
			realm client application`, ``)
	groupFields = newFields(`
			id name path parentId subGroups subGroupCount realmRoles clientRoles attributes access description`, ``)
	scopeFields = newFields(`
			id name description protocol attributes protocolMappers`, ``)
	mapperFields = newFields(`
			id name protocol protocolMapper config consentRequired consentText`, ``)
	credentialFields = newFields(`
			id type value temporary secretData credentialData userLabel createdDate priority hashedSaltedValue salt
			hashIterations algorithm`, `
			config counter device digits federationLink period`)
	scopeMappingFields = newFields(`
			self client clientScope clientTemplate roles`, ``)
	consentFields = newFields(`
			clientId grantedClientScopes createdDate lastUpdatedDate`, `
			grantedRealmRoles`)
	componentFields = newFields(`
			id name providerId subType subComponents config`, ``)
)
