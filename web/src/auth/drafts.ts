import { useCallback, useState } from 'react';
import { draftKey, readDraft, writeDraft } from './draftStore';
import { useAuth } from './useAuth';

/**
 * Text that was typed and not saved yet. It outlives a reload and the end of a session, in this tab and for the same person:
 * `keep` it as the person types, and keep `undefined` once it is saved or discarded. A sign-out removes all drafts.
 */
export function useDraft(name: string): [draft: string | undefined, keep: (text: string | undefined) => void] {
  const { state } = useAuth();
  const key = state.status === 'signedIn' ? draftKey(state.subject, name) : undefined;
  const [kept, setKept] = useState<{ key: string; text: string | undefined }>();

  const keep = useCallback((text: string | undefined) => {
    if (key === undefined) return; // nobody is signed in any more: it would be left to whoever comes next
    writeDraft(key, text);
    setKept({ key, text });
  }, [key, setKept]);

  if (key === undefined) return [undefined, keep];
  return [kept?.key === key ? kept.text : readDraft(key), keep];
}
