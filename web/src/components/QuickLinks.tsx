import { Skeleton } from '@mantine/core';
import { Link } from 'react-router';
import { usePermissions } from '../api/permissions';
import { words as frame } from '../texts/frame';
import { words } from '../texts/home';

interface QuickLink {
  to: string;
  name: string;
  what: string;
}

/** The places that the person may go to. While it is not known which those are, their room is kept, so that nothing below jumps. */
export function QuickLinks() {
  const { query, may, where } = usePermissions();
  const [department] = where('showBrief', 'department');
  const links: QuickLink[] = [
    ...(may('listNotes') ? [{ to: '/notes', name: frame.notes, what: words.toNotes }] : []),
    { to: '/operations', name: frame.operations, what: words.toOperations },
    { to: '/token', name: frame.token, what: words.toToken },
    ...(department === undefined ? [] : [{ to: `/departments/${encodeURIComponent(department)}`, name: frame.department, what: words.toDepartment(department) }]),
    ...(may('showReport') ? [{ to: '/admin/reports', name: frame.reports, what: words.toReports }] : []),
  ];
  if (query.isPending) return <div className="quick-links" aria-hidden="true">{['', '', '', '', ''].map((_, place) => <Skeleton key={place} className="quick-link" />)}</div>;
  return (
    <nav aria-label={words.quickLinks}>
      <ul className="quick-links">
        {links.map(({ to, name, what }) => (
          <li key={to}>
            <Link to={to} className="quick-link"><strong>{name}</strong><span>{what}</span></Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
