import { Skeleton } from '@mantine/core';
import { words } from '../texts/frame';
import { CardSkeleton } from './CardSkeleton';

/** A page whose code is on its way: a heading, and a card with something in it. */
export function PageSkeleton() {
  return (
    <>
      <div className="page-head appears-late">
        <Skeleton height={35} width="min(60%, 320px)" radius={4} />
        <Skeleton height={24} width="min(80%, 480px)" radius={4} />
      </div>
      <div className="card appears-late"><CardSkeleton label={words.loadingPage} lines={6} /></div>
    </>
  );
}
