import { useRef, useState } from 'react';
import { call } from '../api/client';
import { briefPath } from '../api/departments';
import { useAuth } from '../auth/useAuth';
import { AnswerCard, type Outcome } from '../components/AnswerCard';
import { CallCard } from '../components/CallCard';
import { Page } from '../components/Page';
import { usePermissions } from '../components/PermissionsProvider';

/** Calls the API by hand and shows what it says. */
export default function TryApi() {
  const { freshToken } = useAuth();
  const { where } = usePermissions();
  const [message, setMessage] = useState('hello');
  const [typed, setTyped] = useState<string>();
  const department = typed ?? where('showBrief', 'department')[0] ?? ''; // one's own, until something else is typed
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

  return (
    <Page heading="Call the API" lead="Each call carries your access token. The server answers, or says why not.">
      <div className="columns">
        <div className="stack">
          <CallCard operation="showClaims" path="/secured" onCall={() => ask('/secured')}>
            <p>Every claim, as your token has it.</p>
          </CallCard>
          <CallCard operation="echoMessage" path="/protected" onCall={() => ask(`/protected?${new URLSearchParams({ message }).toString()}`)}>
            <p>Sends a message; the server says that it was received, and from whom.</p>
            <label>
              Message
              <input value={message} onChange={(event) => { setMessage(event.target.value); }} autoComplete="off" />
            </label>
          </CallCard>
          <CallCard operation="showReport" path="/api/admin/reports" onCall={() => ask('/api/admin/reports')}>
            <p>What this server allowed and refused since it started.</p>
          </CallCard>
          <CallCard
            operation="showBrief" path="/api/departments/{department}/brief" label="/api/departments/…/brief"
            given={{ department }} onCall={() => ask(briefPath(department))}
          >
            <p>What only a department’s own people may read.</p>
            <label>
              Department
              <input value={department} onChange={(event) => { setTyped(event.target.value); }} required autoComplete="off" autoCapitalize="none" spellCheck={false} />
            </label>
          </CallCard>
        </div>
        <AnswerCard outcome={outcome} onRetry={ask} />
      </div>
    </Page>
  );
}
