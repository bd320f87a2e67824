import { ActionIcon } from '@mantine/core';
import { Link } from 'react-router';
import type { Note } from '../../api/notes';
import { useDraft } from '../../auth/drafts';
import { words } from '../../texts/notes';
import { Ago } from '../Ago';
import { linkID } from './focus';
import { draftName } from './noteDraft';

interface NoteCardProps {
  note: Note;
  by?: string; // whose it is, where that is not plain
  onDelete?: () => void; // absent where the person may not
}

const glance = 280; // characters: more than the card shows

/** One note of a list: its title, which opens it, and the start of its text. */
export function NoteCard({ note, by, onDelete }: NoteCardProps) {
  const [draft] = useDraft(draftName(note.id));
  const name = linkID(note.id);
  return (
    <li className="card note">
      <h2><Link id={name} to={`/notes/${note.id}`}>{note.title}</Link></h2>
      <p className="glance">{note.text === '' ? <span className="muted">{words.noText}</span> : note.text.slice(0, glance)}</p>
      {draft !== undefined && <p className="hint unsaved"><span aria-hidden="true">! </span>{words.unsaved}</p>}
      <div className="note-foot">
        <p className="hint">
          {words.changed(<Ago time={note.changedAt} />)}
          {by !== undefined && <><br />{words.by(by)}</>}
        </p>
        {onDelete && (
          <ActionIcon aria-label={words.deleteNamed(note.title)} onClick={onDelete}>
            <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
              <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" />
            </svg>
          </ActionIcon>
        )}
      </div>
    </li>
  );
}
