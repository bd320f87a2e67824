import { createTheme, type CSSVariablesResolver, type MantineColorsTuple, type VariantColorsResolver } from '@mantine/core';

// Mantine wants ten shades of a colour. Nothing here chooses by number: the tokens of styles/tokens.css stand for all of them.
const primary: MantineColorsTuple = [
  'var(--tint)', 'var(--tint)', 'var(--tint)', 'var(--primary)', 'var(--primary)',
  'var(--primary)', 'var(--primary)', 'var(--primary)', 'var(--primary-strong)', 'var(--primary-strong)',
];

/** Filled is the one main thing to do, `refused` what cannot be undone; everything else is quiet. */
const variantColorResolver: VariantColorsResolver = ({ variant, color }) => {
  const danger = color === 'refused';
  switch (variant) {
    case 'filled': return danger
      ? { background: 'var(--refused)', hover: 'var(--refused)', color: 'var(--on-refused)', border: '1px solid var(--refused)' }
      : { background: 'var(--primary)', hover: 'var(--primary-strong)', color: 'var(--on-primary)', border: '1px solid var(--primary)' };
    case 'subtle': return { background: 'transparent', hover: 'var(--tint)', color: danger ? 'var(--refused)' : 'var(--ink)', border: '1px solid transparent' };
    default: return { background: 'var(--card)', hover: 'var(--tint)', color: danger ? 'var(--refused)' : 'var(--ink)', border: '1px solid var(--line-strong)' };
  }
};

/** Mantine in Keystead's colours and measures; those stand in styles/tokens.css and nowhere else. */
export const theme = createTheme({
  primaryColor: 'primary',
  colors: { primary },
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '14px', sm: '16px', md: '16px', lg: '20px', xl: '28px' },
  lineHeights: { xs: '1.5', sm: '1.5', md: '1.5', lg: '1.5', xl: '1.5' },
  spacing: { xs: '4px', sm: '8px', md: '16px', lg: '24px', xl: '32px' },
  defaultRadius: 'md',
  radius: { md: 'var(--radius)' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    Button: { defaultProps: { variant: 'default' } },
    ActionIcon: { defaultProps: { variant: 'subtle', size: 'var(--target)' } },
    Menu: { defaultProps: { position: 'bottom-end', shadow: 'none', offset: 4 } },
    Tooltip: { defaultProps: { withArrow: true } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4 } } },
  },
});

const variables = {
  '--mantine-color-body': 'var(--card)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--muted)',
  '--mantine-color-placeholder': 'var(--muted)',
  '--mantine-color-anchor': 'var(--primary)',
  '--mantine-color-error': 'var(--refused)',
  '--mantine-color-default': 'var(--card)',
  '--mantine-color-default-hover': 'var(--tint)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-primary-color-filled': 'var(--primary)',
  '--mantine-primary-color-filled-hover': 'var(--primary-strong)',
  '--mantine-primary-color-contrast': 'var(--on-primary)',
};

/**
 * Lays Mantine's own variables on the tokens, which know light and dark themselves. Mantine sets most of them once for each of
 * its two schemes, and only what is set there as well counts.
 */
export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables, light: variables, dark: variables });
