import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Report } from '../api/reports';
import { words } from '../texts/reports';
import { Ago } from './Ago';
import { ReasonsTable } from './ReasonsTable';

interface ReportCardsProps {
  report: Report;
  counting: boolean; // it is being counted again
  onCountAgain: () => void;
}

/** A report as figures and a table of reasons. */
export function ReportCards({ report, counting, onCountAgain }: ReportCardsProps) {
  return (
    <div className="stack" aria-busy={counting}>
      <div className="cards in-threes">
        <FigureCard heading={words.allowed} mark={<span className="allowed" aria-hidden="true">✓ </span>}><Calls of={report.allowed} /></FigureCard>
        <FigureCard heading={words.refused} mark={<span className="reason" aria-hidden="true">✕ </span>}><Calls of={report.refused} /></FigureCard>
        <FigureCard heading={words.since}><p className="figure"><Ago time={report.since} /></p></FigureCard>
      </div>
      <section className="card" aria-label={words.reasons}>
        <h2>{words.reasons}</h2>
        {report.refused === 0 ? <p className="muted">{words.nothingRefused}</p> : <ReasonsTable of={report.refusedByCode} total={report.refused} />}
      </section>
      <div className="actions">
        <Button onClick={onCountAgain}>{counting ? words.counting : words.again}</Button>
        <p className="hint">{words.made(<Ago time={report.generatedAt} />, <code>{report.generatedBy}</code>)}</p>
      </div>
    </div>
  );
}

interface FigureCardProps {
  heading: string;
  mark?: ReactNode;
  children: ReactNode;
}

function FigureCard({ heading, mark, children }: FigureCardProps) {
  return (
    <section className="card" aria-label={heading}>
      <h2>{mark}{heading}</h2>
      {children}
    </section>
  );
}

/** A figure that is heard when it changes. */
function Calls({ of }: { of: number }) {
  return <p className="figure" aria-live="polite" aria-atomic="true">{of.toLocaleString()} <small>{words.calls(of)}</small></p>;
}
