import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'react-router';
import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';
import { Operation } from './Operation';

interface OperationsProps {
  of: readonly Permission[];
}

const few = 10; // so many are found without help

/** Every operation, of which one at a time is open to be tried. The address may name the first: /operations#showReport. */
export function Operations({ of }: OperationsProps) {
  const { hash } = useLocation();
  const [open, setOpen] = useState<string | undefined>(hash.slice(1));
  const [wanted, setWanted] = useState('');
  const fitting = of.filter((permission) => fits(permission, wanted));
  return (
    <>
      {of.length > few && (
        <div className="find">
          <TextInput type="search" label={words.find} value={wanted} onChange={(event) => { setWanted(event.target.value); }} autoComplete="off" autoCapitalize="none" spellCheck={false} />
          <p className="hint" role="status">{wanted !== '' && words.found(fitting.length, of.length)}</p>
        </div>
      )}
      {of.length === 0 && <p>{words.nothingAtAll}</p>}
      {of.length > 0 && fitting.length === 0 && <p>{words.nothingFits(wanted)}</p>}
      {[false, true].map((toEverybody) => (
        <Group
          key={String(toEverybody)} heading={toEverybody ? words.open : words.guarded} of={fitting.filter((permission) => permission.open === toEverybody)}
          open={open} onToggle={(operation) => { setOpen(operation === open ? undefined : operation); }}
        />
      ))}
    </>
  );
}

interface GroupProps extends OperationsProps {
  heading: string;
  open: string | undefined;
  onToggle: (operation: string) => void;
}

function Group({ heading, of, open, onToggle }: GroupProps) {
  if (of.length === 0) return null;
  return (
    <section className="operation-group">
      <h2>{heading}</h2>
      <ul aria-label={heading}>
        {of.map((permission) => (
          <Operation key={permission.operation} permission={permission} open={permission.operation === open} onToggle={() => { onToggle(permission.operation); }} />
        ))}
      </ul>
    </section>
  );
}

function fits({ operation, method, path, summary, requires }: Permission, wanted: string): boolean {
  const text = [operation, method, path, summary, requires].join(' ').toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
