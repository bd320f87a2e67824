import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { words } from '../texts/frame';

const schemes = [['light', words.light], ['dark', words.dark], ['auto', words.system]] as const;

/** Light, dark, or as the system has it. The browser remembers. */
export function ThemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choose = (chosen: string) => { setColorScheme(schemes.find(([scheme]) => scheme === chosen)?.[0] ?? 'auto'); };
  return (
    <Menu withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon aria-label={words.colours}>
          <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
            <circle cx="12" cy="12" r="9" />
            <path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" />
          </svg>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme} onChange={choose}>
          {schemes.map(([scheme, name]) => (
            <Menu.RadioItem key={scheme} value={scheme} data-autofocus={scheme === colorScheme || undefined}>{name}</Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
