import type { Note, NoteWords } from '../../api/notes';
import { words } from '../../texts/notes';
import { Ago } from '../Ago';

interface TheirsProps {
  note: Note;
  mine: NoteWords;
}

/** The other version of a note, to be read beside one's own. Lines that one's own lacks are marked. */
export function Theirs({ note, mine }: TheirsProps) {
  const known = new Set(mine.text.split('\n'));
  const lines = note.text.split('\n').map((line) => ({ line, marked: line !== '' && !known.has(line) }));
  return (
    <section className="card theirs" aria-label={words.theirsHeading}>
      <h2>{words.theirsHeading}</h2>
      <p className="hint">{words.changed(<Ago time={note.changedAt} />)}</p>
      <p className="their-title">{note.title === mine.title ? note.title : <mark>{note.title}</mark>}</p>
      <div className="their-text">
        {lines.map(({ line, marked }, i) => <p key={i}>{marked ? <mark>{line}</mark> : line}</p>)}
      </div>
      {(note.title !== mine.title || lines.some(({ marked }) => marked)) && <p className="hint">{words.marked}</p>}
    </section>
  );
}
