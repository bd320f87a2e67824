import { ActionIcon } from '@mantine/core';
import { words } from '../texts/frame';
import { useCopy } from './useCopy';

interface CopyButtonProps {
  text: string;
  label: string; // what the button does, as nothing but a picture is on it
}

/** Copies what stands beside it, and says whether that worked. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const { outcome, copy } = useCopy();
  return (
    <>
      <ActionIcon className="copy-button" aria-label={label} title={label} onClick={() => void copy(() => text)}>
        <svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" strokeWidth="2" strokeLinejoin="round" aria-hidden="true">
          <rect x="9" y="9" width="11" height="11" rx="2" />
          <path d="M15 5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15" />
        </svg>
      </ActionIcon>
      <span className="hint" role="status">{outcome === 'copied' ? words.copied : outcome === 'refused' && words.copyRefused}</span>
    </>
  );
}
