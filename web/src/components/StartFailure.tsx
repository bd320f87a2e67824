import type { ReactNode } from 'react';
import type { Settings } from '../environment';
import type { Failure } from '../auth/state';
import { useAuth } from '../auth/useAuth';
import { Notice } from './Notice';
import { RetryCountdown } from './RetryCountdown';

interface StartFailureProps {
  failure: Failure;
}

/** Says why nobody could be signed in, and what would mend it. */
export function StartFailure({ failure }: StartFailureProps) {
  const { settings, retry } = useAuth();
  const { heading, body } = describe(failure, settings);
  return (
    <Notice heading={heading}>
      <div role="alert">{body}</div>
      {(failure.kind === 'unreachable' || failure.kind === 'realmMissing') && <RetryCountdown failure={failure} onRetry={retry} />}
      <button type="button" className="button primary" onClick={() => void retry()}>Try again</button>
    </Notice>
  );
}

function describe(failure: Failure, { keycloakURL, realm, clientID }: Settings): { heading: string; body: ReactNode } {
  switch (failure.kind) {
    case 'unreachable': return {
      heading: 'Keycloak did not answer',
      body: <p>Keycloak {failure.status === undefined ? 'did not answer' : `answered with ${failure.status}`} at <code>{keycloakURL}</code>.</p>,
    };
    case 'realmMissing': return {
      heading: 'This realm does not exist',
      body: (
        <p>
          <code>{keycloakURL}</code> answers, but has no realm <code>{realm}</code>. Look at the setting <code>KEYSTEAD_ISSUER</code>: it must name
          a realm that exists there. (A proxy that drops Keycloak’s CORS headers looks the same from here.)
        </p>
      ),
    };
    case 'refused': return {
      heading: 'Keycloak refused the sign-in',
      body: <p>Keycloak said: {failure.description !== undefined && `${failure.description} · `}<code>{failure.error}</code></p>,
    };
    case 'webOrigin': return {
      heading: 'Keycloak does not know this origin',
      body: (
        <p>
          Its answer to the sign-in could not be read here. Most often the web origins of client <code>{clientID}</code> lack <code>{window.location.origin}</code>:
          add it in Keycloak under Clients, {clientID}, Web origins. If that is set, the connection broke: try again.
        </p>
      ),
    };
    case 'loop': return {
      heading: 'The sign-in goes in circles',
      body: <p>Keycloak sent you back several times, and this page could not use its answer. The browser may be keeping this site from storing data: allow that, then try again.</p>,
    };
    case 'storageBlocked': return {
      heading: 'This browser keeps the site from storing data',
      body: <p>A sign-in needs a little storage for as long as it takes. Allow this site to store data, then try again.</p>,
    };
    case 'unexpected': return {
      heading: 'The sign-in did not work',
      body: <p>{failure.message}</p>,
    };
  }
}
