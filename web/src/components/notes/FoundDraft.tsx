import { Button } from '@mantine/core';
import { words } from '../../texts/notes';

/** Says that there are words from before, which were never saved. */
export function FoundDraft({ onDiscard }: { onDiscard: () => void }) {
  return (
    <div className="found" role="status">
      <p><span aria-hidden="true">! </span>{words.foundDraft}</p>
      <Button onClick={onDiscard}>{words.discard}</Button>
    </div>
  );
}
