import { describe, expect, it } from 'vitest';
import { weigh, type Built } from './size';

const chunk = (fileName: string, module: string, { imports = [], lazy = [], css = [] }: { imports?: string[]; lazy?: string[]; css?: string[] } = {}): Built => ({
  type: 'chunk',
  name: fileName.replace('.js', ''),
  fileName,
  moduleIds: [`/app/${module}`],
  imports,
  dynamicImports: lazy,
  viteMetadata: { importedCss: new Set(css) },
});

const bundle = Object.fromEntries([
  chunk('index.js', 'index.html', { lazy: ['view.js', 'keycloak.js', 'server.js'], css: ['index.css'] }),
  chunk('keycloak.js', 'src/auth/keycloakSession.ts', { imports: ['sign-in.js'] }),
  chunk('server.js', 'src/auth/serverSession.ts', { imports: ['sign-in.js'] }),
  chunk('sign-in.js', 'src/auth/standing.ts'),
  chunk('view.js', 'src/view.tsx', { imports: ['react.js'], lazy: ['Home.js', 'Notes.js'] }),
  chunk('react.js', 'node_modules/react/index.js'),
  chunk('Home.js', 'src/pages/Home.tsx', { imports: ['cards.js', 'react.js'], css: ['home.css'] }),
  chunk('cards.js', 'src/components/Card.tsx', { css: ['cards.css'] }),
  chunk('Notes.js', 'src/pages/Notes.tsx', { imports: ['cards.js', 'editor.js'], css: ['notes.css'] }),
  chunk('editor.js', 'src/components/Editor.tsx', { lazy: ['Help.js'] }),
  chunk('Help.js', 'src/components/Help.tsx'),
  chunk('docs.js', 'docs.html', { imports: ['react.js'], css: ['docs.css'] }),
].map((built) => [built.type === 'chunk' ? built.fileName : '', built]));

const sizes: Record<string, number> = {
  'keycloak.js': 10_000, 'server.js': 2_000, 'sign-in.js': 100,
  'index.js': 1_000, 'view.js': 4_800, 'react.js': 60_000, 'Home.js': 2_000, 'cards.js': 3_000, 'index.css': 400, 'home.css': 50, 'cards.css': 150,
  'Notes.js': 5_000, 'editor.js': 7_000, 'notes.css': 300, 'Help.js': 900, 'docs.js': 1_000_000, 'docs.css': 1_000_000,
};
const sizeOf = (file: string) => sizes[file] ?? NaN;

describe('the first load', () => {
  const { bytes, lines } = weigh(bundle, sizeOf);

  it('is the entry, what it needs at once though lazily, what they import and their styles, each once', () => {
    expect(lines[0]).toBe('First load, keycloak-js: 81.5 kB brotli (JavaScript 80.9, CSS 0.6) of at most 200.0 kB');
    expect(lines[1]).toBe('First load, mode session: 73.5 kB brotli (JavaScript 72.9, CSS 0.6) of at most 200.0 kB');
    expect(bytes, 'of the heavier one').toBe(81_500);
  });

  it('has beside it what each lazy part adds, and nothing of the documentation', () => {
    expect(lines[2]).toBe('Beyond it, in kB: Notes 12.3, Help 0.9');
  });

  it.each(['index.html', 'src/view.tsx', 'src/pages/Home.tsx', 'src/auth/serverSession.ts'])('cannot be weighed without %s', (module) => {
    const others = Object.entries(bundle).filter(([, built]) => built.type === 'chunk' && !built.moduleIds.includes(`/app/${module}`));
    expect(() => weigh(Object.fromEntries(others), sizeOf)).toThrow(`/${module} is in no file of the build`);
  });
});
