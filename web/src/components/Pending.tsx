import { Skeleton } from '@mantine/core';

/** A value that is on its way, in the room that a line of it will take. */
export function PendingLine() {
  return <Skeleton height="1lh" width="70%" radius={4} />;
}

/** Chips that are on their way. */
export function PendingChips() {
  return <Skeleton className="chips-skeleton" radius={16} />;
}
