import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { words } from '../../texts/notes';
import { toast, toastTime, untoast } from '../toast';

interface Undoable {
  says: string;
  keys?: string; // what does the same
  undo: () => void;
  onClose?: () => void; // called once, also where the toast could not be shown
}

/** Shows a toast that offers to take something back, and gives a function that does what its button does. */
export function undoToast({ says, keys, undo, onClose }: Undoable): () => void {
  let open = true;
  const id = toast({ message: <UndoToast says={says} keys={keys} onShow={() => { clearTimeout(unseen); }} onUndo={takeBack} />, onClose: close });
  id.catch(() => undefined); // then it is not seen, either
  // Its code may be missing after an update of the app, or be late. What nobody sees is waited for as long, and no longer.
  const unseen = setTimeout(() => {
    close();
    hide();
  }, toastTime);

  function close() {
    clearTimeout(unseen);
    if (open) onClose?.();
    open = false;
  }
  function hide() {
    id.then(untoast).catch(() => undefined);
  }
  function takeBack() {
    undo();
    clearTimeout(unseen);
    hide();
  }
  return takeBack;
}

interface UndoToastProps {
  says: string;
  keys: string | undefined;
  onShow: () => void;
  onUndo: () => void;
}

function UndoToast({ says, keys, onShow, onUndo }: UndoToastProps) {
  useEffect(onShow, [onShow]);
  return (
    <div className="undo">
      <p>{says}</p>
      <Button onClick={onUndo} {...(keys !== undefined && { 'aria-keyshortcuts': 'Control+Z Meta+Z' })}>
        {words.undo}
        {keys !== undefined && <kbd aria-hidden="true">{keys}</kbd>}
      </Button>
    </div>
  );
}
