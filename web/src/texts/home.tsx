import type { ReactNode } from 'react';

/** The first page. */
export const words = {
  title: 'Home',
  signedInTo: (realm: string) => `Signed in to the realm ${realm}.`,
  sessionEnds: (left: ReactNode) => <>Your session would end in {left} without you.</>,

  quickLinks: 'Where to go',
  toNotes: 'Write something down, find it again.',
  toOperations: 'Every operation, and whether you may.',
  toToken: 'What it says about you, in plain words.',
  toDepartment: (department: string) => `What only ${department} may read.`,
  toReports: 'What this server allowed and refused.',

  who: 'Who you are',
  name: 'Name',
  username: 'Username',
  email: 'E-mail',
  roles: 'Your roles',
  realmRoles: 'Realm roles',
  ofClient: (client: string) => `Of client ${client}`,
  rolesOfClient: (client: string) => `Roles of client ${client}`,
  noRoles: (realm: ReactNode) => <>You have no role in the realm {realm} yet. Whoever administers it can grant you one.</>,

  may: 'What you may do',
  noOperations: 'The API names no operation that needs a token. As soon as it has one, it is listed here.',
  decidesAnew: 'What the API said when this page was opened. It decides anew at every call.',
  allOperations: 'All operations, and what each requires',

  token: 'Your access token',
  timeLeft: 'Time left',
  shareLeft: 'Share of the lifetime left',
  renewed: 'It is renewed by itself while this page is open.',
  expired: 'It has expired. The next call asks Keycloak for a new one.',
  atServer: {
    renewed: 'It is not in this browser: the server of this app keeps it, and renews it as you go on.',
    expired: 'It has expired. At your next call the server of this app asks Keycloak for a new one.',
  },

  session: 'Your session',
  signedIn: 'Signed in',
  ends: 'Ends, if this page is closed',
  endsUnused: 'Ends, unless you go on',
  realm: 'Realm',
  keycloak: 'Keycloak',
};
