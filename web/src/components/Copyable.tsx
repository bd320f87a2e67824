import { CopyButton } from './CopyButton';

interface CopyableProps {
  text: string;
  label: string; // of the button
}

/** A code that people quote elsewhere, with a button that copies it. */
export function Copyable({ text, label }: CopyableProps) {
  return <span className="copyable"><code>{text}</code><CopyButton text={text} label={label} /></span>;
}
