import { useEffect, useState } from 'react';
import { useNoteChanges, type Note, type NoteWords } from '../../api/notes';
import { ApiError } from '../../api/problem';
import { useDraft } from '../../auth/drafts';
import { draftName, readEdited, writeEdited, type Edited, type Sent } from './noteDraft';
import { blank, differs, refused, tooLong, unfit, type Problems } from './noteWords';
import { ConflictError, useNoteSaving } from './useNoteSaving';

/** Where the saving of a note stands. */
export type Saving =
  | { status: 'idle' | 'saving' | 'saved' }
  | { status: 'invalid'; problems: Problems } // nothing was sent
  | { status: 'failed'; error: unknown };

/** What the person has to decide before anything can be saved. */
export type Trouble = { kind: 'changed'; theirs: Note } | { kind: 'deleted' };

interface Editing {
  id: string | undefined; // of the note; none for a new one
  note: Note | undefined; // as it is on the server, as far as is known
  onCreated: (note: Note) => void;
}

/**
 * Words that are being written, until they are saved. They start from the note as it is and follow it, until somebody types:
 * from then on they stand on the version that was there, and are kept as a draft.
 */
export function useNoteEditing({ id, note, onCreated }: Editing) {
  const { keep } = useNoteChanges();
  const [draft, keepDraft] = useDraft(draftName(id));
  const [edited, setEdited] = useState(() => readEdited(draft));
  const [found, setFound] = useState(edited);
  const { create, replace } = useNoteSaving(edited?.sent, remember);
  const [saving, setSaving] = useState<Saving>({ status: 'idle' });
  const [trouble, setTrouble] = useState<Trouble>();
  const [theirs, setTheirs] = useState<Note>(); // beside one's own words, from a conflict until the words are saved

  const stored = note ?? blank;
  const changed = edited !== undefined && differs(edited, stored);
  const typed: NoteWords = changed ? edited : stored;
  const base = changed ? edited.base : note?.version;

  useEffect(() => { keepDraft(changed ? writeEdited(edited) : undefined); }, [changed, edited, keepDraft]);

  function type(part: Partial<NoteWords>) {
    setEdited(standing({ ...typed, ...part }, base, edited?.sent));
    if (saving.status !== 'saving') setSaving({ status: 'idle' });
  }

  async function run(save: (sent: NoteWords) => Promise<Note>) {
    if (saving.status === 'saving') return;
    const sent = { title: typed.title, text: typed.text };
    const problems = unfit(sent);
    if (Object.keys(problems).length > 0) {
      setSaving({ status: 'invalid', problems });
      return;
    }
    setSaving({ status: 'saving' });
    try {
      const { version } = await save(sent);
      // What was typed meanwhile stands on what was saved now.
      setEdited((latest) => (latest === undefined || !differs(latest, sent) ? undefined : standing(latest, version)));
      settle();
      setSaving({ status: 'saved' });
    } catch (error) {
      if (error instanceof ConflictError) decide({ kind: 'changed', theirs: error.theirs });
      else if (id !== undefined && error instanceof ApiError && error.problem.status === 404) decide({ kind: 'deleted' });
      else setSaving({ status: 'failed', error });
    }
  }

  function decide(found: Trouble) {
    setSaving({ status: 'idle' });
    setTrouble(found);
    setTheirs(found.kind === 'changed' ? found.theirs : undefined);
  }

  function settle() {
    setTrouble(undefined);
    setTheirs(undefined);
    setFound(undefined);
  }

  async function saveNew(sent: NoteWords): Promise<Note> {
    const made = await create(sent);
    keepDraft(undefined); // at once: the page that would do it is left
    onCreated(made);
    return made;
  }

  /** Keeps an attempt with the words, as a reload may come before its answer. */
  function remember(sent: Sent | undefined) {
    setEdited((latest) => latest && standing(latest, latest.base, sent));
  }

  /** Gives up one's own words, and gives a function that brings them back. */
  function giveUp(): () => void {
    setEdited(undefined);
    settle();
    setSaving({ status: 'idle' });
    return () => {
      if (edited === undefined) return;
      keepDraft(writeEdited(edited)); // the page may have been left since
      setEdited(edited);
    };
  }

  return {
    typed, changed, found: changed && found !== undefined, saving, trouble, theirs, type,
    problems: { ...(saving.status === 'failed' && refused(saving.error)), ...(saving.status === 'invalid' && saving.problems), ...tooLong(typed) },
    save: () => run((sent) => (id === undefined || base === undefined ? saveNew(sent) : replace(id, base, sent))),
    saveAsNew: () => run(saveNew),
    keepMine: ({ id: same, version }: Note) => run((sent) => replace(same, version, sent)),
    takeTheirs: (taken: Note) => {
      keep(taken);
      return giveUp();
    },
    goOnEditing: (seen: Note) => {
      setEdited(standing(typed, seen.version)); // as it has been seen, saving may replace it
      setTrouble(undefined);
    },
    discard: giveUp,
  };
}

/** Words on what they stand on: the version that they change, and an attempt to save them. */
function standing({ title, text }: NoteWords, base: number | undefined, sent?: Sent): Edited {
  return { title, text, ...(base !== undefined && { base }), ...(sent && { sent }) };
}
