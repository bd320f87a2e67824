import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compressed } from './build/compress.ts';
import { redocAtHome } from './build/redoc.ts';

// What the API answers; `npm run dev` passes these on, so that the page and the API share one origin there, too.
const apiPaths = ['^/api(/|$)', '^/(secured|protected|config\\.json|health|readyz)(\\?|$)'];

// The documentation pages come from there as well, as they were built: their libraries are adapted by the build.
const documentation = '^/(docs|redoc|openapi\\.(json|yaml)|assets)(/|\\?|$)';

// Where the API is; tests move it.
const app = process.env.KEYSTEAD_APP_URL ?? 'http://localhost:8000';

export default defineConfig(({ command }) => ({
  plugins: [react(), redocAtHome(), compressed()],
  // The server fills in the nonce per request. The dev server has no policy, hence no nonce.
  html: command === 'build' ? { cspNonce: '{{.Nonce}}' } : {},
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000, // kB: the documentation libraries come as one piece each
    // Libraries apart, as they change seldom, and those of the documentation apart from the app's; what several pages
    // share stays whole instead of in a dozen crumbs. Of two groups that match, the first takes the file.
    rolldownOptions: {
      input: ['index.html', 'docs.html', 'redoc.html', 'oauth2-redirect.html'],
      output: {
        codeSplitting: {
          groups: [
            { name: 'swagger-ui', test: /node_modules\/swagger-ui-dist\// },
            { name: 'redoc-ui', test: /node_modules\/redoc\// },
            { name: 'libraries', test: /node_modules/ },
            { name: 'settings', test: /src\/(environment|parse)\.ts/ },
            { name: 'shared', test: /src\/(auth|api|components)\// },
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
