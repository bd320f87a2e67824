/** The page of one's own account. */
export const words = {
  heading: 'Profile',
  lead: 'What the API reads about you in your access token.',

  you: 'You',
  name: 'Name',
  username: 'Username',
  email: 'E-mail',
  verified: 'verified',
  notVerified: 'not verified yet',
  none: 'None',
  groups: 'Groups',
  subject: 'Subject',
  copySubject: 'Copy the subject',
  subjectIs: 'The subject never changes, whatever you are called: apps know you by it.',

  account: 'Your account',
  accountWhy: 'Name, e-mail, password and sessions are kept by Keycloak. You come back here afterwards.',
  changePassword: 'Change password',
  leaving: 'Going to Keycloak …',
  openAccount: 'Account console',
  signOut: 'Sign out',

  token: 'Your access token',
  kept: 'Kept',
  atServer: 'by the server of this app, not in this browser',
  issued: 'Issued',
  holds: 'Holds for another',
  scopes: 'Scopes',
  readToken: 'What each claim means',

  where: 'Where you sign in',
  realm: 'Realm',
  issuer: 'Issuer',
  client: 'Client',

  passwordChanged: 'Your password was changed.',
  passwordKept: 'Your password was not changed.',
  passwordFailed: 'Keycloak could not change your password. Try again, or ask whoever administers the realm.',
};
