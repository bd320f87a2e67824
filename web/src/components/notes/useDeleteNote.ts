import { flushSync } from 'react-dom';
import { useDeletions } from '../../api/DeletionsProvider';
import { useNoteChanges, type Note } from '../../api/notes';
import { ApiError } from '../../api/problem';
import { words } from '../../texts/notes';
import { explain } from '../ErrorNotice';
import { toast } from '../toast';
import { focusNote } from './focus';
import { undoToast } from './UndoToast';

/**
 * Takes a note off the page, with a toast that brings it back. The API hears of it when the toast has gone: it stays while the
 * pointer or the focus is on it, so nobody is hurried.
 */
export function useDeleteNote(): (note: Note) => void {
  const deletions = useDeletions();
  const { forgetLists } = useNoteChanges();

  return (note) => {
    const takeBack = undoToast({
      says: words.deleted(note.title),
      keys: words.undoKeys,
      undo: () => {
        flushSync(() => { deletions.undo(note.id); });
        focusNote(note.id);
      },
      onClose: () => void commit(),
    });
    deletions.begin(note, takeBack);

    async function commit() {
      try {
        await deletions.commit(note.id);
      } catch (error) {
        const changed = error instanceof ApiError && error.problem.status === 412;
        const why = changed ? words.changedMeanwhile(note.title) : words.notDeleted(note.title, explain(error));
        toast({ attention: true, message: why }).catch(() => undefined); // the note itself is there again
        void forgetLists();
      }
    }
  };
}
