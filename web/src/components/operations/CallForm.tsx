import { Button } from '@mantine/core';
import { useId, useRef, useState } from 'react';
import type { Call } from '../../api/call';
import type { Described } from '../../api/document';
import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';
import { AnswerCard } from './AnswerCard';
import { parametersOf, pathValues, prefilled, toCall, unsendable } from './address';
import { CurlButton } from './CurlButton';
import { BodyField, ParameterFields } from './Fields';
import { MayHint } from './MayHint';
import { Sure } from './Sure';
import { changes, useCall } from './useCall';

interface CallFormProps {
  permission: Permission;
  described: Described | undefined; // where the API's document does not say, what the path shows must do
}

/** Puts a call together, sends it and shows what came. It works for everybody, with a word on what to expect: refusals are there to be tried. */
export function CallForm({ permission, described }: CallFormProps) {
  const { method, path } = permission;
  const hint = useId();
  const form = useRef<HTMLFormElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { outcome, send } = useCall();
  const parameters = parametersOf(permission, described);
  const [typed, setTyped] = useState(() => prefilled(permission, parameters));
  const [body, setBody] = useState(() => firstBody(method, described));
  const [asked, setAsked] = useState<Call>(); // a call that takes something away, before it is sent
  const problems = unsendable(parameters, typed);
  const sendable = Object.keys(problems).length === 0;
  const composed = () => toCall(permission, parameters, typed, body);

  function submit() {
    if (!sendable) {
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      return;
    }
    const made = composed();
    if (method === 'DELETE') setAsked(made);
    else void send(made);
  }

  function settle() {
    setAsked(undefined);
    button.current?.focus();
  }

  return (
    <div className="columns">
      <form ref={form} className="stack" aria-label={words.named(method, path)} onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <ParameterFields permission={permission} parameters={parameters} typed={typed} problems={problems} onType={setTyped} />
        {body !== undefined && <BodyField value={body} onChange={setBody} />}
        <div>
          <MayHint id={hint} permission={permission} given={pathValues(parameters, typed)} />
          {changes(method) && <p className="hint">{words.changes}</p>}
        </div>
        <div className="call-buttons">
          <Button ref={button} type="submit" variant="filled" aria-describedby={hint}>{words.send}</Button>
          {sendable && <CurlButton call={composed} />}
        </div>
        {asked !== undefined && (
          <Sure question={words.sure(words.named(method, asked.path))} onKeep={settle} onSend={() => { settle(); void send(asked); }} />
        )}
      </form>
      <AnswerCard outcome={outcome} onRetry={send} />
    </div>
  );
}

/** What the body's field starts with; undefined where the operation takes none. */
function firstBody(method: string, described: Described | undefined): string | undefined {
  const takesOne = described === undefined ? changes(method) && method !== 'DELETE' : described.body !== undefined;
  if (!takesOne) return undefined;
  return JSON.stringify(described?.body?.example ?? {}, undefined, 2);
}
