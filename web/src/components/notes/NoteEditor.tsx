import { Button } from '@mantine/core';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import type { Note } from '../../api/notes';
import { words } from '../../texts/notes';
import { focusHeading } from './focus';
import { FoundDraft } from './FoundDraft';
import { NoteFields } from './NoteFields';
import { ChangedNotice, DeletedNotice } from './Notices';
import { SaveFailure } from './SaveFailure';
import { SavingLine } from './SavingLine';
import { Theirs } from './Theirs';
import { undoToast } from './UndoToast';
import { useNoteEditing } from './useNoteEditing';

interface NoteEditorProps {
  id?: string; // none for a new note
  note?: Note; // none for a new note, and for one that is gone
  gone?: boolean; // the note was deleted, and there are words that were typed
  onDelete?: () => void; // absent where the person may not
}

/** Where a note is written. Its words are safe: against leaving, the session's end, a broken connection and other versions. */
export function NoteEditor({ id, note, gone = false, onDelete }: NoteEditorProps) {
  const navigate = useNavigate();
  const editing = useNoteEditing({ id, note, onCreated: (made) => void navigate(`/notes/${made.id}`, { replace: true }) });
  const { typed, changed, saving, theirs } = editing;
  const trouble = gone ? { kind: 'deleted' as const } : editing.trouble;
  const busy = saving.status === 'saving';

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (saving.status === 'invalid' || saving.status === 'failed') form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [saving]);

  function save() {
    if (trouble) document.querySelector<HTMLElement>('.trouble')?.focus(); // first this is to be decided
    else void editing.save();
  }

  function keys(event: KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    save();
  }

  function giveUp(says: string, discard: () => () => void) {
    undoToast({ says, undo: discard() });
    focusHeading();
  }

  return (
    <form ref={form} className="stack" noValidate onKeyDown={keys} onSubmit={(event) => { event.preventDefault(); save(); }}>
      {editing.found && !trouble && <FoundDraft onDiscard={() => { giveUp(words.discarded, editing.discard); }} />}
      {trouble?.kind === 'deleted' && <DeletedNotice onSaveAsNew={() => void editing.saveAsNew()} />}
      {trouble?.kind === 'changed' && (
        <ChangedNotice
          key={trouble.theirs.version} theirs={trouble.theirs}
          onKeepMine={() => void editing.keepMine(trouble.theirs).then(focusHeading)}
          onTakeTheirs={() => { giveUp(words.tookTheirs, () => editing.takeTheirs(trouble.theirs)); }}
          onGoOn={() => {
            editing.goOnEditing(trouble.theirs);
            form.current?.querySelector('textarea')?.focus();
          }}
        />
      )}
      <div className={theirs ? 'versions' : 'stack'}>
        <section className="card" aria-label={theirs ? words.mineHeading : words.note}>
          {theirs && <h2>{words.mineHeading}</h2>}
          <NoteFields typed={typed} problems={editing.problems} readOnly={busy && (id === undefined || gone)} onType={editing.type} />
          {saving.status === 'failed' && <SaveFailure error={saving.error} />}
          <div className="note-foot">
            <div className="actions">
              {!trouble && <Button type="submit" variant="filled" aria-disabled={busy}>{words.save}</Button>}
              <SavingLine saving={saving} changed={changed} note={note} />
            </div>
            {onDelete && !trouble && <Button variant="subtle" color="refused" onClick={onDelete}>{words.delete}</Button>}
          </div>
        </section>
        {theirs && <Theirs note={theirs} mine={typed} />}
      </div>
    </form>
  );
}
