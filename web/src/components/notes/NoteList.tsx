import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Note, useNotes } from '../../api/notes';
import { usePermissions } from '../../api/permissions';
import { words } from '../../texts/notes';
import { ErrorNotice } from '../ErrorNotice';
import { focusHeading, focusNote } from './focus';
import { NoteCard } from './NoteCard';
import { useDeleteNote } from './useDeleteNote';

interface NoteListProps {
  of: ReturnType<typeof useNotes>;
  notes: readonly Note[]; // of those that were read, what is to be shown
  subject: string; // the caller's
  sayWhose: boolean;
}

/** The notes that were read so far, and a button for more. */
export function NoteList({ of: list, notes, subject, sayWhose }: NoteListProps) {
  const { may } = usePermissions();
  const remove = useDeleteNote();
  const [awaited, setAwaited] = useState<string>(); // the note that gets the focus once it is shown
  const arrived = notes.some(({ id }) => id === awaited);

  useEffect(() => {
    if (arrived) focusNote(awaited);
  }, [arrived, awaited]);

  function showMore() {
    if (list.isFetchingNextPage) return;
    void list.fetchNextPage().then(({ data, hasNextPage, isError }) => {
      if (hasNextPage || isError) return;
      // With the last page the button goes, and the focus with it: the first of the new notes gets it. It is known here before
      // it is on the page.
      const first = data?.pages.at(-1)?.notes.at(0);
      if (first) setAwaited(first.id);
      else focusHeading();
    });
  }

  return (
    <>
      <ul className="notes" aria-label={words.list}>
        {notes.map((note, i) => (
          <NoteCard
            key={note.id} note={note}
            {...(sayWhose && { by: note.owner === subject ? words.you : note.owner })}
            {...(note.owner === subject && may('deleteNote') && {
              onDelete: () => {
                focusNote((notes[i + 1] ?? notes[i - 1])?.id); // before this one goes, and the focus with it
                remove(note);
              },
            })}
          />
        ))}
      </ul>
      {list.isFetchNextPageError && <ErrorNotice error={list.error} onRetry={showMore} />}
      <div className="more">
        <p className="hint" role="status">{list.isFetchingNextPage ? words.loadingMore : words.shown(notes.length, list.hasNextPage)}</p>
        {list.hasNextPage && <Button onClick={showMore} aria-disabled={list.isFetchingNextPage}>{words.showMore}</Button>}
      </div>
    </>
  );
}
