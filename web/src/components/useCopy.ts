import { useState } from 'react';

/** Copies text to the clipboard, and knows whether the browser let it. */
export function useCopy() {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  async function copy(text: () => string | Promise<string>) {
    try {
      await navigator.clipboard.writeText(await text());
      setOutcome('copied');
    } catch {
      setOutcome('refused'); // by the person, the browser or a policy; or there was no text to be had
    }
  }
  return { outcome, copy };
}
