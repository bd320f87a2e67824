import { Button } from '@mantine/core';
import { words } from '../texts/signIn';
import { Notice } from './Notice';

interface SettingsFailureProps {
  error: unknown;
}

/** Shown when the page could not learn which realm to use. */
export function SettingsFailure({ error }: SettingsFailureProps) {
  return (
    <Notice heading={words.settings.heading}>
      <p>{words.settings.why(error instanceof Error ? error.message : String(error))}</p>
      <Button variant="filled" onClick={() => { window.location.reload(); }}>{words.tryAgain}</Button>
    </Notice>
  );
}
