import '../styles/reports.css';
import { words } from '../texts/reports';

interface ReasonsTableProps {
  of: Record<string, number>; // how often, by the API's code
  total: number;
}

/** Why calls were refused, the most frequent reason first. */
export function ReasonsTable({ of, total }: ReasonsTableProps) {
  const reasons = Object.entries(of).toSorted(([, a], [, b]) => b - a);
  return (
    <table className="reasons">
      <thead><tr><th scope="col">{words.reason}</th><th scope="col">{words.share}</th><th scope="col">{words.times}</th></tr></thead>
      <tbody>{reasons.map(([code, count]) => <Reason key={code} code={code} count={count} share={count / total} />)}</tbody>
    </table>
  );
}

interface ReasonProps {
  code: string;
  count: number;
  share: number; // 0 to 1
}

function Reason({ code, count, share }: ReasonProps) {
  const meaning = words.meaning.get(code);
  return (
    <tr>
      <th scope="row">{meaning !== undefined && <span>{meaning}</span>}<code>{code}</code></th>
      <td><progress value={share} aria-hidden="true" /><span>{words.percent(Math.round(share * 100))}</span></td>
      <td>{count.toLocaleString()}</td>
    </tr>
  );
}
