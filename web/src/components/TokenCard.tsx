import { useAuth } from '../auth/useAuth';
import { words } from '../texts/home';
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
    <section className="card" aria-label={words.token}>
      <h2>{words.token}</h2>
      <p className="figure" role="timer" aria-label={words.timeLeft}>{countdown(left)}</p>
      <progress max={expiresAt - issuedAt} value={left} aria-label={words.shareLeft} />
      <p className="muted">{left > 0 ? words.renewed : words.expired}</p>
    </section>
  );
}
