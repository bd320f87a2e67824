import { createContext, use, useEffect, useLayoutEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { useAuth } from '../auth/useAuth';
import { useApi } from './ApiProvider';
import { Deletions } from './deletions';

const DeletionsContext = createContext<Deletions | undefined>(undefined);

/** Keeps deletions that can still be undone while the person goes from page to page, and sends them when they leave or sign out. */
export function DeletionsProvider({ children }: { children: ReactNode }) {
  const api = useApi();
  const { proof, state } = useAuth();
  const [deletions] = useState(() => new Deletions(api, proof));

  useLayoutEffect(() => {
    const undo = (event: KeyboardEvent) => { if (isUndo(event) && deletions.undoLatest()) event.preventDefault(); };
    window.addEventListener('keydown', undo);
    window.addEventListener('pagehide', deletions.sendAll);
    return () => {
      window.removeEventListener('keydown', undo);
      window.removeEventListener('pagehide', deletions.sendAll);
      deletions.sendAll(); // the session is over, or about to be, and what is at hand may still be good
    };
  }, [deletions]);

  useEffect(() => { deletions.takeProof(); }, [deletions, state]); // which changes with each new token

  return <DeletionsContext value={deletions}>{children}</DeletionsContext>;
}

/** What is being deleted. Throws outside DeletionsProvider. */
export function useDeletions(): Deletions {
  const deletions = use(DeletionsContext);
  if (deletions === undefined) throw new Error('useDeletions needs a DeletionsProvider above it');
  return deletions;
}

/** The ids of notes that are deleted, or about to be. */
export function useGone(): ReadonlySet<string> {
  const { subscribe, gone } = useDeletions();
  return useSyncExternalStore(subscribe, gone);
}

/** Ctrl+Z or Cmd+Z, but where somebody writes: there it takes back what was typed. */
function isUndo({ key, ctrlKey, metaKey, shiftKey, altKey, target }: KeyboardEvent): boolean {
  const writing = target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
  return key.toLowerCase() === 'z' && (ctrlKey || metaKey) && !shiftKey && !altKey && !writing;
}
