import { useEffect, useRef } from 'react';
import type { Answer, Call } from '../../api/call';
import { toProblem } from '../../api/problem';
import { words } from '../../texts/operations';
import { Copyable } from '../Copyable';
import { ErrorNotice } from '../ErrorNotice';
import { Facts } from '../Facts';
import { JSONText } from '../JSONText';
import { Spinner } from '../Spinner';
import type { Outcome } from './useCall';

interface AnswerCardProps {
  outcome: Outcome | undefined;
  onRetry: (call: Call) => Promise<void>;
}

/** Shows the outcome of the latest call. Screen readers hear the verdict; the rest is there to be read. */
export function AnswerCard({ outcome, onRetry }: AnswerCardProps) {
  const card = useRef<HTMLElement>(null);
  const brought = useRef(outcome);
  useEffect(() => {
    if (brought.current === outcome) return; // it was there before; the operation was only folded and opened again
    brought.current = outcome;
    // On a phone the answer comes below the fields: whoever pressed the button might not see that there is one.
    const top = card.current?.getBoundingClientRect().top ?? 0;
    if (outcome !== undefined && outcome.status !== 'asking' && top > window.innerHeight / 2) card.current?.scrollIntoView();
  }, [outcome]);

  return (
    <section ref={card} className="answer" aria-label={words.answer}>
      <h4>{words.answer}</h4>
      <div aria-live="polite">
        {outcome === undefined && <p className="muted">{words.nothingYet}</p>}
        {outcome?.status === 'asking' && <Spinner label={words.waiting(named(outcome.call))} />}
        {outcome?.status === 'unanswered' && <ErrorNotice error={outcome.error} onRetry={() => void onRetry(outcome.call)} />}
        {outcome?.status === 'answered' && <Verdict answer={outcome.answer} />}
      </div>
      {outcome?.status === 'answered' && <Details call={outcome.call} answer={outcome.answer} />}
    </section>
  );
}

function Verdict({ answer: { ok, status, body } }: { answer: Answer }) {
  if (ok) return <p className="allowed"><span aria-hidden="true">✓ </span>{words.allowed(status)}</p>;
  const { title, detail } = toProblem(status, body);
  return <p className="reason"><span aria-hidden="true">✕ </span>{words.refused(status, detail ?? title)}</p>;
}

function Details({ call, answer: { ok, status, body, text, headers, requestID, milliseconds } }: { call: Call; answer: Answer }) {
  const code = ok ? undefined : toProblem(status, body).code;
  return (
    <>
      <Facts
        of={[
          [words.called, <code>{named(call)}</code>],
          [words.took, words.milliseconds(Math.round(milliseconds))],
          [words.code, code !== undefined && <code>{code}</code>],
          [words.requestID, requestID !== undefined && <Copyable text={requestID} label={words.copyRequestID} />],
          ...headers.map(([name, value]) => [name, <code>{value}</code>] as const),
        ]}
      />
      {text === '' && <p className="muted">{words.noBody}</p>}
      {text !== '' && body !== undefined && <JSONText value={body} />}
      {text !== '' && body === undefined && <><p className="muted">{words.bodyNoJSON}</p><pre className="json"><code>{text}</code></pre></>}
    </>
  );
}

function named({ method, path }: Call): string {
  return words.named(method, path);
}
