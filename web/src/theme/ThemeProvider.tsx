import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { styleNonce } from './nonce';
import { cssVariablesResolver, theme } from './theme';

// index.html reads the same key, so that the first picture is already in the right colours.
const colorSchemeManager = localStorageColorSchemeManager({ key: 'keystead.colorScheme' });

/** Gives the components below it Keystead's look, in the light or dark that the person or their system chose. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme} cssVariablesResolver={cssVariablesResolver} getStyleNonce={styleNonce}
      defaultColorScheme="auto" colorSchemeManager={colorSchemeManager} deduplicateCssVariables
    >
      {children}
    </MantineProvider>
  );
}
