import type { ReactNode } from 'react';

/** A failure to sign in: what happened, and what mends it. */
interface Explanation {
  heading: string;
  body: ReactNode;
}

/** What the explanations are about. */
interface Place {
  keycloakURL: string;
  realm: string;
  clientID: string;
  origin: string; // of this page
  issuer: string;
}

/** A place in Keycloak's console. */
const consolePath = (...steps: string[]) => <strong>{steps.join(' › ')}</strong>;

/** The way in: what is shown to people who are not signed in. */
export const words = {
  oneMoment: 'One moment',
  signIn: 'Sign in',
  signInAgain: 'Sign in again',
  tryAgain: 'Try again',
  retryingIn: (seconds: number) => `Retrying in ${seconds} s`,
  retrying: 'Retrying …',
  asking: 'Asking Keycloak …',
  askingServer: 'Asking the server …',

  signedOut: {
    never: { heading: 'Welcome to Keystead', body: 'Sign in to see your notes, what you may do, and the API behind this app.' },
    here: { heading: 'You are signed out', body: 'Keycloak was asked to end your session there, too. If it showed an error on the way, that may still be open.' },
    ended: { heading: 'Your session has ended', body: 'It ran out, or was ended elsewhere. Sign in again to go on where you were; what you had typed in a note is kept.' },
    elsewhere: { heading: 'You signed out in another tab', body: 'That ended your session in this one, too.' },
    otherAccount: { heading: 'Another account is in use', body: 'Somebody signed in with another account in a tab beside this one. Sign in again to go on with that account here.' },
    keycloakAway: { heading: 'You are signed out here', body: 'Keycloak did not answer, so your session there may still be open. Close the browser on a shared machine.' },
  },

  failures: {
    unreachable: ({ keycloakURL }: Place, { status, garbled }: { status?: number; garbled?: boolean }): Explanation => ({
      heading: 'Keycloak did not answer',
      body: garbled
        ? <p>Something answered at <code>{keycloakURL}</code>, but not as Keycloak does: a proxy or a gateway in between may be in trouble.</p>
        : <p>Keycloak {status === undefined ? 'did not answer' : `answered with ${status}`} at <code>{keycloakURL}</code>.</p>,
    }),
    realmMissing: ({ keycloakURL, realm }: Place): Explanation => ({
      heading: 'This realm does not exist',
      body: (
        <p>
          <code>{keycloakURL}</code> answers, but has no realm <code>{realm}</code>. Look at the setting <code>KEYSTEAD_ISSUER</code>: it must name
          a realm that exists there. (A proxy that drops Keycloak’s CORS headers looks the same from here.)
        </p>
      ),
    }),
    refused: (error: string, description: string | undefined): Explanation => ({
      heading: 'Keycloak refused the sign-in',
      body: <p>Keycloak said: {description !== undefined && `${description} · `}<code>{error}</code></p>,
    }),
    webOrigin: ({ clientID, origin }: Place): Explanation => ({
      heading: 'Keycloak does not know this origin',
      body: (
        <p>
          Its answer to the sign-in could not be read here. Most often the web origins of client <code>{clientID}</code> lack <code>{origin}</code>:
          add it in the console under {consolePath('Clients', clientID, 'Settings', 'Web origins')}.
        </p>
      ),
    }),
    clientAuthentication: ({ clientID }: Place): Explanation => ({
      heading: 'The client is not a public one',
      body: (
        <p>
          Keycloak asks client <code>{clientID}</code> for a secret, and a page in a browser cannot keep one. Switch
          {' '}{consolePath('Clients', clientID, 'Settings', 'Client authentication')} off, or name a public client in <code>KEYSTEAD_CLIENT_ID</code>.
        </p>
      ),
    }),
    standardFlow: ({ clientID }: Place): Explanation => ({
      heading: 'The client may not sign people in',
      body: <p>Switch {consolePath('Clients', clientID, 'Settings', 'Standard flow')} on. Client <code>{clientID}</code> has it off, and this app signs in by nothing else.</p>,
    }),
    pkce: ({ clientID }: Place, description: string | undefined): Explanation => ({
      heading: 'The client wants another proof',
      body: (
        <p>
          This app proves by PKCE with S256 that it is the one who asked. Set {consolePath('Clients', clientID, 'Settings', 'PKCE Method')} to
          {' '}<code>S256</code>.{description !== undefined && ` Keycloak said: ${description}`}
        </p>
      ),
    }),
    issuer: ({ issuer }: Place, answered: string): Explanation => ({
      heading: 'The answer came from another realm',
      body: (
        <p>
          This app signs in at <code>{issuer}</code>, and <code>{answered}</code> answered. If that is the same realm, its frontend URL and
          {' '}<code>KEYSTEAD_ISSUER</code> must be written alike. If not, somebody may have tried to mix them up, and nothing was sent to either.
        </p>
      ),
    }),
    noAnswer: ({ clientID, origin }: Place): Explanation => ({
      heading: 'You came back without signing in',
      body: (
        <>
          <p>Nobody is signed in here now.</p>
          <details>
            <summary>Did Keycloak show an error instead of its login?</summary>
            <ul>
              <li>“Invalid parameter: redirect_uri”: add <code>{`${origin}/`}</code> in the console under {consolePath('Clients', clientID, 'Settings', 'Valid redirect URIs')}.</li>
              <li>“Client not found”: the realm has no client <code>{clientID}</code>. Make it, or name another one in <code>KEYSTEAD_CLIENT_ID</code>.</li>
              <li>“Client disabled”: switch {consolePath('Clients', clientID, 'Enabled')} on.</li>
            </ul>
          </details>
        </>
      ),
    }),
    stopped: (): Explanation => ({
      heading: 'Still here',
      body: <p>The browser was to leave for Keycloak, and has not. If it is not just slow, it was stopped: try again.</p>,
    }),
    loop: (): Explanation => ({
      heading: 'The sign-in goes in circles',
      body: <p>Keycloak sent you back several times, and this page could not use its answer. The browser may be keeping this site from storing data: allow that, then try again.</p>,
    }),
    serverAway: (status: number | undefined): Explanation => ({
      heading: 'The server did not answer',
      body: (
        <p>
          The server of this app {status === undefined ? 'did not answer' : `answered with ${status}`}, so it is not known who is signed in.
          If you were, you still are.{status === undefined && ' Check the connection.'}
        </p>
      ),
    }),
    databaseAway: (): Explanation => ({
      heading: 'The server cannot reach its database',
      body: <p>There it keeps who is signed in. Nothing is lost: you go on as soon as the database is back.</p>,
    }),
    realmAway: (): Explanation => ({
      heading: 'The server cannot reach Keycloak',
      body: <p>The server of this app asked Keycloak whether your session goes on, and got no answer. You go on as soon as it does.</p>,
    }),
    noSession: ({ origin }: Place): Explanation => ({
      heading: 'You came back without signing in',
      body: (
        <>
          <p>Nobody is signed in here now.</p>
          <details>
            <summary>Did you sign in, or did Keycloak show an error instead of its login?</summary>
            <ul>
              <li>If you did sign in, this browser has not kept the cookie of your session: allow cookies for this site.</li>
              <li>
                “Invalid parameter: redirect_uri”: add <code>{`${origin}/auth/callback`}</code> in the console to the Valid redirect URIs of the client
                that <code>KEYSTEAD_SESSION_CLIENT_ID</code> names.
              </li>
              <li>“Client not found” or “Client disabled”: it is that client, too.</li>
            </ul>
          </details>
        </>
      ),
    }),
    notSignedOut: (): Explanation => ({
      heading: 'You are not signed out yet',
      body: <p>The server of this app did not answer, so it still has your session. Stay here until it is ended, above all on a shared machine.</p>,
    }),
    storageBlocked: (): Explanation => ({
      heading: 'This browser keeps the site from storing data',
      body: <p>A sign-in needs a little storage for as long as it takes. Allow this site to store data, then try again.</p>,
    }),
    unexpected: (message: string): Explanation => ({ heading: 'The sign-in did not work', body: <p>{message}</p> }),
  },

  insecure: {
    heading: 'This address is not secure enough to sign in',
    why: (host: ReactNode) => (
      <>The page came over plain http from {host}. Browsers keep the cryptography that a sign-in needs (Web Crypto) for https and for this machine itself.</>
    ),
    whySession: (host: ReactNode) => (
      <>The page came over plain http from {host}. Who is signed in is told by a cookie, which browsers send over https only.</>
    ),
    waysOut: 'Ways out:',
    ownAddress: (link: ReactNode) => <>Open it at its own address: {link}</>,
    serveSecurely: 'Serve it over https, for example behind a proxy that has a certificate.',
    onItsMachine: (link: ReactNode) => <>On the machine that runs it, open {link}.</>,
    bringOver: (port: string, hostname: string) => (
      <>From another machine, bring the port over, then open it at localhost: <code>{`ssh -L ${port}:localhost:${port} ${hostname}`}</code></>
    ),
  },

  settings: {
    heading: 'The settings could not be read',
    why: (error: string) => `The server of this app did not say which realm to sign in at: ${error}. Is it running?`,
  },
};
