import type { Note } from '../../api/notes';
import { words } from '../../texts/notes';
import { Ago } from '../Ago';
import type { Saving } from './useNoteEditing';

interface SavingLineProps {
  saving: Saving;
  changed: boolean;
  note: Note | undefined;
}

/** Whether the words are saved. Screen readers hear what saving came to, and neither each keystroke nor each minute. */
export function SavingLine({ saving: { status }, changed, note }: SavingLineProps) {
  const heard = status === 'saving' ? words.saving : status === 'saved' && !changed ? words.saved : '';
  return (
    <p className="hint">
      <span role="status" className={status === 'saved' ? 'unseen' : undefined}>{heard}</span>
      {status !== 'saving' && (changed ? words.notSaved : note && words.savedAgo(<Ago time={note.changedAt} />))}
    </p>
  );
}
