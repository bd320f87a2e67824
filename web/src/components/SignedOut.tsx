import { useAuth } from '../auth/useAuth';
import { Notice } from './Notice';

interface SignedOutProps {
  reason: 'ended' | 'keycloakAway';
}

/** What is shown after a session; signing in again leads back to the same address. */
export function SignedOut({ reason }: SignedOutProps) {
  const { settings, signIn } = useAuth();
  return (
    <Notice heading={reason === 'ended' ? 'Your session has ended' : 'You are signed out here'}>
      {reason === 'ended'
        ? <p>Keycloak ended it, or you signed out elsewhere. Sign in again to go on where you were.</p>
        : <p>Keycloak did not answer at <code>{settings.keycloakURL}</code>, so your session there may still be open. Close the browser on a shared machine.</p>}
      <button type="button" className="button primary" onClick={signIn}>Sign in again</button>
    </Notice>
  );
}
