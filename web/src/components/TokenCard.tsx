import { useAuth } from '../auth/useAuth';
import { countdown } from './clock';
import { useNow } from './useNow';

/** How long the access token still holds, counting down. It is renewed before it runs out. */
export function TokenCard() {
  const { state } = useAuth();
  const now = useNow();
  if (state.status !== 'signedIn') return null;
  const { issuedAt, expiresAt } = state.times;
  const left = Math.max(0, expiresAt - now);
  return (
    <section className="card" aria-label="Your access token">
      <h2>Your access token</h2>
      <p className="figure" role="timer" aria-label="Time left">{countdown(left)}</p>
      <progress max={expiresAt - issuedAt} value={left} aria-label="Share of the lifetime left" />
      <p className="muted">{left > 0 ? 'It is renewed by itself while this page is open.' : 'It has expired. The next call asks Keycloak for a new one.'}</p>
    </section>
  );
}
