import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compressed } from './build/compress.ts';
import { redocAtHome } from './build/redoc.ts';
import { firstLoad } from './build/size.ts';

// What the API answers; `npm run dev` passes these on, so that the page and the API share one origin there, too.
const apiPaths = ['^/(api|auth)(/|$)', '^/(secured|protected|config\\.json|health|readyz)(\\?|$)'];

// The documentation pages come from there as well, as they were built: their libraries are adapted by the build.
const documentation = '^/(docs|redoc|openapi\\.(json|yaml)|assets)(/|\\?|$)';

// Where the API is; tests move it.
const app = process.env.KEYSTEAD_APP_URL ?? 'http://localhost:8000';

export default defineConfig(({ command }) => ({
  plugins: [react(), redocAtHome(), compressed(), firstLoad()],
  // The server fills in the nonce per request. The dev server has no policy, hence no nonce.
  html: command === 'build' ? { cspNonce: '{{.Nonce}}' } : {},
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000, // kB: the documentation libraries come as one piece each
    // Libraries that every page needs apart, as they change seldom, and those of the documentation apart from the app's.
    // Mantine's components go where they are used: what only one page shows must not weigh on the first load. What several
    // pages share stays whole instead of in a dozen crumbs. Of two groups that match, the first takes the file.
    rolldownOptions: {
      input: ['index.html', 'docs.html', 'redoc.html', 'oauth2-redirect.html'],
      output: {
        codeSplitting: {
          groups: [
            { name: 'swagger-ui', test: /node_modules\/swagger-ui-dist\// },
            { name: 'redoc-ui', test: /node_modules\/redoc\// },
            { name: 'libraries', test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack|openapi-fetch)\// },
            // What it takes to leave for the login, without React: main.ts says why. What only one kind of session needs comes with that.
            { name: 'sign-in', test: /src\/texts\/(auth|frame)|src\/auth\/(?!AuthProvider|context|drafts\.|useAuth)/, minShareCount: 2 },
            { name: 'settings', test: /src\/(environment|parse)\.ts|vite\/preload-helper/ },
            { name: 'shared', test: /src\/(api|components|texts|theme)\/(?!notes)|node_modules\/(?!keycloak-js|@mantine\/notifications|react-transition-group)/, minShareCount: 2 },
            { name: 'notes', test: /src\/(api|components|texts)\/notes/ }, // of two pages, and not of the first load
          ],
        },
      },
    },
  },
  optimizeDeps: { entries: 'index.html' },
  server: {
    host: 'localhost',
    port: 3000,
    strictPort: true,
    proxy: Object.fromEntries([...apiPaths, documentation].map((path) => [path, app])),
  },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost:8000/' } },
    setupFiles: 'src/test/setup.ts',
    restoreMocks: true,
  },
}));
