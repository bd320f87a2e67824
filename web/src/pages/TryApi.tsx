import { useRef, useState } from 'react';
import { call } from '../api/client';
import { useAuth } from '../auth/useAuth';
import { AnswerCard, type Outcome } from '../components/AnswerCard';
import { Page } from '../components/Page';

/** Calls the API by hand and shows what it says. */
export default function TryApi() {
  const { freshToken } = useAuth();
  const [message, setMessage] = useState('hello');
  const [outcome, setOutcome] = useState<Outcome>();
  const latest = useRef(0);

  async function ask(path: string) {
    const turn = ++latest.current;
    setOutcome({ status: 'asking', path });
    const next = await call(freshToken, path).then(
      (answer): Outcome => ({ status: 'answered', path, answer }),
      (error: unknown): Outcome => ({ status: 'unanswered', path, error }),
    );
    if (turn === latest.current) setOutcome(next); // a slower, earlier call does not overwrite a later one
  }

  const askProtected = () => ask(`/protected?${new URLSearchParams({ message }).toString()}`);

  return (
    <Page heading="Call the API" lead="Each call carries your access token. The server answers, or says why not.">
      <div className="columns">
        <div className="stack">
          <section className="card" aria-label="Secured">
            <h2><code>GET /secured</code></h2>
            <p>Every claim, as your token has it.</p>
            <button type="button" className="button primary" onClick={() => void ask('/secured')}>Call /secured</button>
          </section>
          <form className="card" aria-label="Protected" onSubmit={(event) => { event.preventDefault(); void askProtected(); }}>
            <h2><code>GET /protected</code></h2>
            <p>Sends a message; the server says that it was received, and from whom.</p>
            <label>
              Message
              <input value={message} onChange={(event) => { setMessage(event.target.value); }} autoComplete="off" />
            </label>
            <button type="submit" className="button primary">Call /protected</button>
          </form>
        </div>
        <AnswerCard outcome={outcome} onRetry={ask} />
      </div>
    </Page>
  );
}
