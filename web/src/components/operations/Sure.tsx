import { Button } from '@mantine/core';
import { words } from '../../texts/operations';

interface SureProps {
  question: string;
  onSend: () => void;
  onKeep: () => void;
}

/** Asks once more before something goes for good. The focus starts on the harmless answer; Escape is it, too. */
export function Sure({ question, onSend, onKeep }: SureProps) {
  return (
    <div className="sure" role="group" aria-label={question} onKeyDown={({ key }) => { if (key === 'Escape') onKeep(); }}>
      <p><span className="depends" aria-hidden="true">! </span>{question}</p>
      <Button variant="filled" color="refused" onClick={onSend}>{words.sureButton}</Button>
      <Button autoFocus onClick={onKeep}>{words.keep}</Button>
    </div>
  );
}
