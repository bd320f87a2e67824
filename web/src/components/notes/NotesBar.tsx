import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { Whose } from '../../api/notes';
import { useDraft } from '../../auth/drafts';
import { words } from '../../texts/notes';
import { RequirePermission } from '../RequirePermission';
import { draftName } from './noteDraft';

interface NotesBarProps {
  write: boolean; // false where the page itself offers it
  shown?: Whose; // with a switch to the others
}

/** The way to a new note, and the switch between one's own notes and everybody's. */
export function NotesBar({ write, shown }: NotesBarProps) {
  const [draft] = useDraft(draftName(undefined));
  return (
    <div className="notes-bar">
      {write && (
        <RequirePermission operation="createNote">
          <Button variant="filled" component={Link} to="/notes/new">{draft === undefined ? words.write : words.goOn}</Button>
        </RequirePermission>
      )}
      {shown && <WhoseNotes shown={shown} />}
    </div>
  );
}

/** Two addresses, so that "Back" works and either can be bookmarked. */
function WhoseNotes({ shown }: { shown: Whose }) {
  const current = (whose: Whose) => (whose === shown ? { 'aria-current': 'page' as const } : {});
  return (
    <nav className="switch" aria-label={words.whose}>
      <Link to="/notes" {...current('mine')}>{words.mine}</Link>
      <Link to="/notes?of=everybody" {...current('everybody')}>{words.everybodys}</Link>
    </nav>
  );
}
