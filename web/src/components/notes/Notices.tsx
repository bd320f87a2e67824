import { Button } from '@mantine/core';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import type { Note } from '../../api/notes';
import { words } from '../../texts/notes';
import { Ago } from '../Ago';

interface ChangedNoticeProps {
  theirs: Note;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
  onGoOn: () => void;
}

/** The note was changed meanwhile: the person decides. */
export function ChangedNotice({ theirs, onKeepMine, onTakeTheirs, onGoOn }: ChangedNoticeProps) {
  return (
    <Notice
      heading={words.conflictHeading} says={words.conflict(<Ago time={theirs.changedAt} />)}
      actions={(
        <>
          <Button variant="filled" onClick={onKeepMine}>{words.keepMine}</Button>
          <Button onClick={onTakeTheirs}>{words.takeTheirs}</Button>
          <Button onClick={onGoOn}>{words.goOnEditing}</Button>
        </>
      )}
    />
  );
}

/** The note was deleted meanwhile: what was typed can still be saved. */
export function DeletedNotice({ onSaveAsNew }: { onSaveAsNew: () => void }) {
  return <Notice heading={words.goneHeading} says={words.gone} actions={<Button variant="filled" onClick={onSaveAsNew}>{words.saveAsNew}</Button>} />;
}

/** Something to decide. It takes the focus when it comes, as nothing can be saved before. */
function Notice({ heading, says, actions }: { heading: string; says: ReactNode; actions: ReactNode }) {
  const name = useId();
  const box = useRef<HTMLElement>(null);
  useEffect(() => { box.current?.focus(); }, []);
  return (
    <section ref={box} className="card attention trouble" tabIndex={-1} aria-labelledby={name}>
      <h2 id={name}><span aria-hidden="true">! </span>{heading}</h2>
      <p>{says}</p>
      <div className="actions">{actions}</div>
    </section>
  );
}
