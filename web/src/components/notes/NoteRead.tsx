import type { Note } from '../../api/notes';
import { words } from '../../texts/notes';
import { Ago } from '../Ago';
import { Facts } from '../Facts';

interface NoteReadProps {
  note: Note;
}

/** A note that the person may read and not change. */
export function NoteRead({ note }: NoteReadProps) {
  return (
    <section className="card narrow" aria-label={words.note}>
      <p className="note-words">{note.text === '' ? <span className="muted">{words.noText}</span> : note.text}</p>
      <Facts of={[[words.owner, <code>{note.owner}</code>], [words.lastChange, <Ago time={note.changedAt} />]]} />
    </section>
  );
}
