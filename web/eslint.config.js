import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Imports point down: pages → components → api → auth → texts, theme. A folder may not import what stands above it.
const folders = ['theme', 'texts', 'auth', 'api', 'components', 'pages'];

const importDirection = folders.map((folder, i) => ({
  files: [`src/${folder}/**`],
  ignores: ['**/*.test.*'],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [
        { group: folders.slice(i + 1).map((above) => `**/${above}/*`), message: `${folder} may only import what stands below it.` },
        ...(folder === 'pages' ? [{ group: ['./*'], message: 'Pages do not import pages.' }] : []),
        { group: ['**/App', '**/main', '**/view', '**/test/*'], message: 'Only tests and the entry point import these.' },
      ].filter(({ group }) => group.length > 0),
    }],
  },
}));

// Every text that a person reads or hears stands in src/texts/, so that it can be read as a whole, and be replaced.
const saidAloud = ['label', 'title', 'alt', 'placeholder', 'description', 'heading', 'lead', 'asked', 'aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext'];
const texts = {
  files: ['src/**/*.tsx'],
  ignores: ['**/*.test.*', 'src/texts/**'],
  rules: {
    'no-restricted-syntax': ['error', ...[
      'JSXText[value=/\\p{L}{2}/u]',
      'JSXElement > JSXExpressionContainer > :matches(Literal[value=/\\p{L}{2}/u], TemplateLiteral)',
      `JSXAttribute[name.name=/^(${saidAloud.join('|')})$/] > :matches(Literal[value=/\\p{L}{2}/u], JSXExpressionContainer > TemplateLiteral)`,
    ].map((selector) => ({ selector, message: 'Texts stand in src/texts/.' }))],
  },
};

export default defineConfig(
  globalIgnores(['dist', 'node_modules', 'src/api/schema.d.ts']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat['recommended-latest'],
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-console': 'error',
    },
  },
  ...importDirection,
  texts,
  { files: ['eslint.config.js'], extends: [tseslint.configs.disableTypeChecked] },
);
