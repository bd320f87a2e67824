import { useEffect, useRef } from 'react';
import type { Answer } from '../api/client';
import { toProblem } from '../api/problem';
import { ErrorNotice } from './ErrorNotice';
import { Facts } from './Facts';
import { JSONText } from './JSONText';
import { ProblemFacts } from './ProblemFacts';
import { Spinner } from './Spinner';

/** What became of a call. */
export type Outcome =
  | { status: 'asking'; path: string }
  | { status: 'answered'; path: string; answer: Answer }
  | { status: 'unanswered'; path: string; error: unknown };

interface AnswerCardProps {
  outcome: Outcome | undefined;
  onRetry: (path: string) => Promise<void>;
}

/** Shows the outcome of the latest call. Screen readers hear the verdict; the rest is there to be read. */
export function AnswerCard({ outcome, onRetry }: AnswerCardProps) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the answer comes below all the calls: whoever pressed the first one would not see that there is one.
    const top = card.current?.getBoundingClientRect().top ?? 0;
    if (outcome !== undefined && outcome.status !== 'asking' && top > window.innerHeight / 2) card.current?.scrollIntoView();
  }, [outcome]);

  return (
    <section ref={card} className="card" aria-label="Answer">
      <h2>Answer</h2>
      <div aria-live="polite">
        {outcome === undefined && <p className="muted">Nothing was called yet. Press one of the buttons, and what the server says appears here.</p>}
        {outcome?.status === 'asking' && <Spinner label={`Waiting for ${outcome.path}`} />}
        {outcome?.status === 'unanswered' && <ErrorNotice error={outcome.error} onRetry={() => void onRetry(outcome.path)} />}
        {outcome?.status === 'answered' && <Verdict answer={outcome.answer} />}
      </div>
      {outcome?.status === 'answered' && <Details path={outcome.path} answer={outcome.answer} />}
    </section>
  );
}

function Verdict({ answer: { ok, status, body } }: { answer: Answer }) {
  if (ok) return <p className="allowed"><span aria-hidden="true">✓ </span>{`${status} allowed`}</p>;
  const { title, detail } = toProblem(status, body);
  return <p className="reason"><span aria-hidden="true">✕ </span>{`${status} ${detail ?? title}`}</p>;
}

function Details({ path, answer }: { path: string; answer: Answer }) {
  return (
    <>
      <Facts of={[['Called', <code>{`GET ${path}`}</code>], ['Took', `${Math.round(answer.milliseconds)} ms`]]} />
      {!answer.ok && <ProblemFacts problem={toProblem(answer.status, answer.body)} />}
      {answer.body !== undefined && <JSONText value={answer.body} />}
    </>
  );
}
