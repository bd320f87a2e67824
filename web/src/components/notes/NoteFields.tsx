import { Textarea, TextInput } from '@mantine/core';
import { limits, type NoteWords } from '../../api/notes';
import { words } from '../../texts/notes';
import { characters, type Problems } from './noteWords';

interface NoteFieldsProps {
  typed: NoteWords;
  problems: Problems;
  readOnly: boolean;
  onType: (part: Partial<NoteWords>) => void;
}

/** The fields of a note. They take more than fits and say so: a field that cuts off what is pasted would lose words. */
export function NoteFields({ typed: { title, text }, problems, readOnly, onType }: NoteFieldsProps) {
  return (
    <>
      <TextInput
        label={words.title} value={title} readOnly={readOnly} required withAsterisk={false} autoComplete="off" enterKeyHint="done"
        description={room(title, limits.title)} error={problems.title}
        onChange={(event) => { onType({ title: event.currentTarget.value }); }}
      />
      <Textarea
        className="note-text" label={words.text} value={text} readOnly={readOnly}
        description={room(text, limits.text)} error={problems.text}
        onChange={(event) => { onType({ text: event.currentTarget.value }); }}
      />
    </>
  );
}

/** How much room is left, once that is worth knowing. */
function room(value: string, limit: number): string | undefined {
  const left = limit - characters(value);
  return left >= 0 && left <= limit / 5 ? words.left(left) : undefined;
}
