import { Button } from '@mantine/core';
import { words } from '../../texts/notes';
import { toast, untoast } from '../toast';

interface Undoable {
  says: string;
  keys?: string; // what does the same
  undo: () => void;
  onClose?: () => void;
}

/** Shows a toast that offers to take something back, and gives a function that does what its button does. */
export function undoToast({ undo, onClose, ...shown }: Undoable): () => void {
  const id = toast({ message: <UndoToast {...shown} onUndo={takeBack} />, ...(onClose && { onClose }) });
  id.catch(() => onClose?.()); // what could not be shown cannot be waited for
  function takeBack() {
    undo();
    id.then(untoast).catch(() => undefined);
  }
  return takeBack;
}

function UndoToast({ says, keys, onUndo }: { says: string; keys?: string; onUndo: () => void }) {
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
