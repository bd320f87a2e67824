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
  const tried = failure.kind !== 'noAnswer'; // coming back without an answer may be what the person wanted

  // The realm may take seconds to say that it is still not there, and the screen stays as it is for so long.
  async function tryAgain() {
    setTrying(true);
    await retry().finally(() => { setTrying(false); });
  }

  return (
    <Notice heading={heading}>
      <div role={tried ? 'alert' : undefined} className="stack">{body}</div>
      {(failure.kind === 'unreachable' || failure.kind === 'realmMissing') && <RetryCountdown failure={failure} onRetry={retry} />}
      <Button variant="filled" onClick={() => void tryAgain()}>{tried ? words.tryAgain : words.signIn}</Button>
      <p role="status" className="muted">{trying && words.asking}</p>
    </Notice>
  );
}

function explanation(failure: Failure, { keycloakURL, realm, clientID, issuer }: Settings) {
  const { failures } = words;
  const place = { keycloakURL, realm, clientID, issuer, origin: window.location.origin };
  switch (failure.kind) {
    case 'unreachable': return failures.unreachable(place, failure.status);
    case 'refused': return failures.refused(failure.error, failure.description);
    case 'pkce': return failures.pkce(place, failure.description);
    case 'issuer': return failures.issuer(place, failure.answered);
    case 'unexpected': return failures.unexpected(failure.message);
    default: return failures[failure.kind](place);
  }
}
