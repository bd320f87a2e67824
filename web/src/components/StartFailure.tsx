import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Failure } from '../auth/state';
import { useAuth } from '../auth/useAuth';
import type { Settings } from '../environment';
import { words } from '../texts/signIn';
import { Notice } from './Notice';
import { RetryCountdown } from './RetryCountdown';

interface StartFailureProps {
  failure: Failure;
}

/** Says why nobody could be signed in, and what would mend it. */
export function StartFailure({ failure }: StartFailureProps) {
  const { settings, retry } = useAuth();
  const { heading, body } = explanation(failure, settings);
  const [trying, setTrying] = useState(false);
  const tried = failure.kind !== 'noAnswer' && failure.kind !== 'noSession'; // coming back without an answer may be what the person wanted

  // It may take seconds to find out that nobody is there yet, and the screen stays as it is for so long.
  async function tryAgain() {
    setTrying(true);
    await retry().finally(() => { setTrying(false); });
  }

  return (
    <Notice heading={heading}>
      <div role={tried ? 'alert' : undefined} className="stack">{body}</div>
      {mending.includes(failure.kind) && <RetryCountdown failure={failure} onRetry={retry} />}
      <Button variant="filled" onClick={() => void tryAgain()}>{tried ? words.tryAgain : words.signIn}</Button>
      <p role="status" className="muted">{trying && (settings.loginMode === 'session' ? words.askingServer : words.asking)}</p>
    </Notice>
  );
}

/** What may be mended any moment, without anything being done here. */
const mending: Failure['kind'][] = ['unreachable', 'realmMissing', 'serverAway', 'databaseAway', 'realmAway', 'notSignedOut'];

function explanation(failure: Failure, { keycloakURL, realm, clientID, issuer }: Settings) {
  const { failures } = words;
  const place = { keycloakURL, realm, clientID, issuer, origin: window.location.origin };
  switch (failure.kind) {
    case 'unreachable': return failures.unreachable(place, failure);
    case 'serverAway': return failures.serverAway(failure.status);
    case 'refused': return failures.refused(failure.error, failure.description);
    case 'pkce': return failures.pkce(place, failure.description);
    case 'issuer': return failures.issuer(place, failure.answered);
    case 'unexpected': return failures.unexpected(failure.message);
    default: return failures[failure.kind](place);
  }
}
