import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// What the API answers; `npm run dev` passes these on, so that the page and the API share one origin there, too.
const apiPaths = ['^/api(/|$)', '^/(secured|protected|config\\.json|health|readyz)(\\?|$)'];

// Where the API is; tests move it.
const app = process.env.KEYSTEAD_APP_URL ?? 'http://localhost:8000';

export default defineConfig(({ command }) => ({
  plugins: [react()],
  // The server fills in the nonce per request. The dev server has no policy, hence no nonce.
  html: command === 'build' ? { cspNonce: '{{.Nonce}}' } : {},
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    // Libraries apart, as they change seldom; what several pages share stays whole instead of in a dozen crumbs.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'libraries', test: /node_modules/ },
            { name: 'shared', test: /src\/(auth|api|components)\// },
          ],
        },
      },
    },
  },
  server: {
    host: 'localhost',
    port: 3000,
    strictPort: true,
    proxy: Object.fromEntries(apiPaths.map((path) => [path, app])),
  },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost:8000/' } },
    setupFiles: 'src/test/setup.ts',
    restoreMocks: true,
  },
}));
