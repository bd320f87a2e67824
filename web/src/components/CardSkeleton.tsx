import { Skeleton } from '@mantine/core';

interface CardSkeletonProps {
  label: string; // what is on its way
  lines?: number;
}

/** Lines where words will be. Screen readers hear what is on its way; nobody sees a flash of it when it comes at once. */
export function CardSkeleton({ label, lines = 3 }: CardSkeletonProps) {
  return (
    <div className="lines appears-late" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => <Skeleton key={line} height={16} width={line % 2 === 0 ? '90%' : '60%'} radius={4} />)}
    </div>
  );
}
