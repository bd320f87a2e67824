import type { ReactNode } from 'react';

/** What is said when a call or a page did not work. */
export const words = {
  tryAgain: 'Try again',
  backHome: 'Back to home',
  noAnswer: 'No answer',
  noAnswerWhy: 'The server of this app did not answer. Check the connection, then try again.',
  unexpected: (what: string) => `The answer has an unexpected shape: ${what}.`,
  notGiven: (path: string) => `${path} did not give what was asked for.`,
  answeredWith: (status: number) => `The server answered with ${status}`,
  clocks: 'The token was new, so the clocks of this app’s server and of Keycloak disagree. Whoever runs them should let both set their time by NTP; KEYSTEAD_LEEWAY allows for a small difference.',
  status: 'Status',
  code: 'Code',
  requestID: 'Request id',
  copyRequestID: 'Copy the request id',
  allowed: 'Allowed',
  refused: 'Refused',
  reason: 'Reason',
  askedFor: (what: string) => `You asked for ${what}.`,
  youHave: 'Realm roles you have',
  whoGrants: (realm: ReactNode) => (
    <>Whoever administers the realm {realm} can grant what is missing. Quote the request id when you ask. It counts from your next token on: in a few minutes, or at once after you sign out and in again.</>
  ),
  askAgain: 'Ask again',
  pageMissing: 'This page did not load',
  pageMissingWhy: 'The app may have been updated since you opened it, or the connection broke. Loading it again usually helps.',
  pageBroke: 'This page broke',
  pageBrokeWhy: 'Something in it did not work as it should. Loading it again usually helps.',
  quote: 'If it does not, quote this to whoever runs this app:',
  loadAgain: 'Load again',
};
