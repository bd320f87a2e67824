import type { Report } from '../api/reports';
import { Ago } from './Ago';
import { Facts } from './Facts';
import { RequirePermission } from './RequirePermission';

interface ReportCardsProps {
  report: Report;
  onReload: () => void;
}

/** A report as figures and a table of reasons. */
export function ReportCards({ report, onReload }: ReportCardsProps) {
  const reasons = Object.entries(report.refusedByCode).toSorted(([, a], [, b]) => b - a);
  return (
    <div className="cards">
      <section className="card" aria-label="Allowed">
        <h2><span className="allowed" aria-hidden="true">✓ </span>Allowed</h2>
        <p className="figure">{report.allowed.toLocaleString()}</p>
      </section>
      <section className="card" aria-label="Refused">
        <h2><span className="reason" aria-hidden="true">✕ </span>Refused</h2>
        <p className="figure">{report.refused.toLocaleString()}</p>
        {reasons.length === 0 ? <p className="muted">Nothing was refused yet.</p> : <Reasons of={reasons} />}
      </section>
      <section className="card" aria-label="This report">
        <h2>This report</h2>
        <Facts of={[['Made', <Ago time={report.generatedAt} />], ['Counting since', <Ago time={report.since} />], ['Made for', <code>{report.generatedBy}</code>]]} />
        <RequirePermission operation="showReport">
          <button type="button" className="button" onClick={onReload}>Count again</button>
        </RequirePermission>
      </section>
    </div>
  );
}

function Reasons({ of }: { of: [code: string, count: number][] }) {
  return (
    <table>
      <thead><tr><th scope="col">Reason</th><th scope="col">Times</th></tr></thead>
      <tbody>
        {of.map(([code, count]) => <tr key={code}><td><code>{code}</code></td><td>{count.toLocaleString()}</td></tr>)}
      </tbody>
    </table>
  );
}
