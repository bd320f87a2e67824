import type { TokenTimes } from '../auth/state';
import { useAuth } from '../auth/useAuth';
import { words } from '../texts/home';
import { countdown } from './clock';
import { PendingLine } from './Pending';
import { useNow } from './useNow';

interface TokenCardProps {
  times: TokenTimes | undefined; // undefined while they are on their way
}

/** How long the access token still holds, counting down. It is renewed before it runs out, or, at the app's server, when it is used. */
export function TokenCard({ times }: TokenCardProps) {
  return (
    <section className="card" aria-label={words.token}>
      <h2>{words.token}</h2>
      {times === undefined ? <><div className="figure"><PendingLine /></div><PendingLine /></> : <Life times={times} />}
    </section>
  );
}

function Life({ times: { issuedAt, expiresAt } }: { times: TokenTimes }) {
  const { freshToken } = useAuth();
  const now = useNow();
  const left = Math.max(0, expiresAt - now);
  const { renewed, expired } = freshToken === undefined ? words.atServer : words;
  return (
    <>
      <p className="figure" role="timer" aria-label={words.timeLeft}>{countdown(left)}</p>
      <progress max={expiresAt - issuedAt} value={left} aria-label={words.shareLeft} />
      <p className="muted">{left > 0 ? renewed : expired}</p>
    </>
  );
}
