import { Textarea, TextInput } from '@mantine/core';
import { useId } from 'react';
import type { Parameter } from '../../api/document';
import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';
import { keyOf, type Typed } from './address';

interface ParameterFieldsProps {
  permission: Permission;
  parameters: readonly Parameter[];
  typed: Typed;
  problems: Typed; // why something cannot be sent
  onType: (typed: Typed) => void;
}

/** A field for each value that an operation takes in its path, its query and its headers. */
export function ParameterFields({ permission, parameters, typed, problems, onType }: ParameterFieldsProps) {
  const known = permission.allowed ? permission.where : {};
  return parameters.map((parameter) => {
    const key = keyOf(parameter);
    const { name, in: place } = parameter;
    return (
      <ParameterField
        key={key} parameter={parameter} suggestions={place === 'path' ? known[name] ?? [] : []}
        value={typed[key] ?? ''} problem={problems[key]} onChange={(value) => { onType({ ...typed, [key]: value }); }}
      />
    );
  });
}

interface ParameterFieldProps {
  parameter: Parameter;
  suggestions: readonly string[];
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}

function ParameterField({ parameter: { name, in: place, required, description, examples: [example] }, suggestions, value, problem, onChange }: ParameterFieldProps) {
  const list = useId();
  return (
    <div>
      <TextInput
        label={<>{name} <span className="hint">{words.takenFrom(words.place[place], required)}</span></>}
        description={[description, example !== undefined && words.example(example)].filter((part) => typeof part === 'string').join(' ')}
        error={problem}
        value={value} onChange={(event) => { onChange(event.target.value); }} {...(suggestions.length > 0 && { list })}
        required={required} withAsterisk={false} autoComplete="off" autoCapitalize="none" spellCheck={false}
      />
      {suggestions.length > 0 && <datalist id={list}>{suggestions.map((suggestion) => <option key={suggestion} value={suggestion} />)}</datalist>}
    </div>
  );
}

interface BodyFieldProps {
  value: string;
  onChange: (value: string) => void;
}

/** A field for a JSON body. What is no JSON is said, and can be sent: the API has an answer to that, too. */
export function BodyField({ value, onChange }: BodyFieldProps) {
  return (
    <Textarea
      label={words.body} description={isJSON(value) ? undefined : words.noJSON} className="body-field"
      value={value} onChange={(event) => { onChange(event.target.value); }} rows={Math.min(12, value.split('\n').length + 1)}
      autoComplete="off" autoCapitalize="none" spellCheck={false}
    />
  );
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
