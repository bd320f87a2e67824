/** ReDoc's colours and type from the tokens, in the scheme the reader prefers now. It calculates with them: they must be values, not variables. */
export function redocTheme(tokens: Pick<CSSStyleDeclaration, 'getPropertyValue'>) {
  const token = (name: string) => tokens.getPropertyValue(name).trim();
  const [page, card, line, ink, muted, primary] = ['--page', '--card', '--line', '--ink', '--muted', '--primary'].map(token);
  const [accent, refused, sans, mono] = ['--accent', '--refused', '--sans', '--mono'].map(token);
  return {
    colors: {
      primary: { main: primary, light: primary },
      success: { main: primary },
      warning: { main: accent },
      error: { main: refused },
      text: { primary: ink, secondary: muted },
      border: { light: line, dark: line },
      gray: { 50: page, 100: card },
    },
    schema: { nestedBackground: page, typeNameColor: muted, linesColor: line },
    typography: {
      fontSize: '16px',
      fontFamily: sans,
      headings: { fontFamily: sans, fontWeight: '600' },
      code: { fontFamily: mono, fontSize: '14px', color: ink, backgroundColor: line },
      links: { color: primary, visited: primary, hover: primary },
    },
    sidebar: {
      backgroundColor: page,
      textColor: ink,
      activeTextColor: ink,
      groupItems: { activeBackgroundColor: line },
      level1Items: { activeBackgroundColor: line },
    },
    rightPanel: {
      backgroundColor: '#1c2320', // the samples are dark in either scheme
      textColor: '#eef2ef',
      servers: { overlay: { backgroundColor: card, textColor: ink }, url: { backgroundColor: page } },
    },
    codeBlock: { backgroundColor: '#141917' },
    fab: { backgroundColor: card, color: primary },
  };
}
