import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const most = 200_000; // bytes of JavaScript and CSS, compressed, that a first visit may load

// What a first visit loads by itself or at once, with all that these import. Being lazy must not take a thing off the scales.
const needed = ['/index.html', '/src/view.tsx', '/src/pages/Home.tsx'];

// And one of these, by the login mode.
const sessions = [['keycloak-js', '/src/auth/keycloakSession.ts'], ['mode session', '/src/auth/serverSession.ts']] as const;

/** What is asked of a file of the build; Vite's own type says much more. */
export type Built = { type: 'asset' } | Chunk;

interface Chunk {
  type: 'chunk';
  name: string;
  fileName: string;
  moduleIds: string[];
  imports: string[];
  dynamicImports: string[];
  viteMetadata?: { importedCss: Set<string> };
}

type Bundle = Record<string, Built>;

/** Prints what a first visit of the app loads, with either kind of session, and fails the build when that is too much. */
export function firstLoad(): Plugin {
  let folder: string | undefined;
  let bundle: Bundle = {};
  return {
    name: 'keystead:first-load',
    apply: 'build',
    writeBundle({ dir }, written) {
      folder = dir;
      bundle = written;
    },
    // Only now are the compressed forms there: all plugins write at the same time.
    async closeBundle(error) {
      if (error !== undefined || folder === undefined) return;
      const sizes = await sizesIn(folder, filesOf(bundle, Object.keys(bundle)));
      const { lines, bytes } = weigh(bundle, (file) => sizes.get(file) ?? 0);
      lines.forEach((line) => { this.environment.logger.info(line); });
      if (bytes > most) this.error('The first load is too heavy: load lazily what the first page can do without.');
    },
  };
}

async function sizesIn(folder: string, files: Set<string>): Promise<Map<string, number>> {
  const sizes = [...files].map(async (file): Promise<[string, number]> => [file, await sizeOf(join(folder, file))]);
  return new Map(await Promise.all(sizes));
}

/** The size as it is sent to a browser: that of the smallest form that the build made. */
async function sizeOf(file: string): Promise<number> {
  const { size } = await stat(`${file}.br`).catch(() => stat(`${file}.gz`)).catch(() => stat(file));
  return size;
}

/**
 * Weighs what the app's page loads before a person can use it, each file once, and beside it what each other lazy part adds. The
 * bytes are those of the heavier kind of session.
 */
export function weigh(bundle: Bundle, sizeOf: (file: string) => number): { lines: string[]; bytes: number } {
  const sum = (files: Iterable<string>, fits = /./) => [...files].filter((file) => fits.test(file)).reduce((bytes, file) => bytes + sizeOf(file), 0);
  const loads = sessions.map(([name, session]) => ({ name, files: filesOf(bundle, [...needed, session].map((module) => chunkOf(bundle, module).fileName)) }));
  const first = new Set(loads.flatMap(({ files }) => [...files]));
  const extras = lazyChunks(bundle, first).map(({ name, fileName }): [string, number] => [name, sum([...filesOf(bundle, [fileName])].filter((file) => !first.has(file)))]);
  return {
    bytes: Math.max(...loads.map(({ files }) => sum(files))),
    lines: [
      ...loads.map(({ name, files }) => `First load, ${name}: ${kB(sum(files))} kB brotli (JavaScript ${kB(sum(files, /\.js$/))}, CSS ${kB(sum(files, /\.css$/))}) of at most ${kB(most)} kB`),
      `Beyond it, in kB: ${extras.map(([name, extra]) => `${name} ${kB(extra)}`).join(', ')}`,
    ],
  };
}

/** These files, and all that they import statically, with their styles. */
function filesOf(bundle: Bundle, roots: Iterable<string>): Set<string> {
  const files = new Set(roots);
  for (const file of files) { // grows on the way
    const built = bundle[file];
    if (built?.type !== 'chunk') continue;
    [...built.imports, ...built.viteMetadata?.importedCss ?? []].forEach((needed) => files.add(needed));
  }
  return files;
}

/** What is imported only when it is needed, from the first load on; a page that is there already is not. */
function lazyChunks(bundle: Bundle, first: Set<string>): Chunk[] {
  const reached = new Set(first);
  const lazy = new Set<string>();
  for (const file of reached) { // grows on the way
    const built = bundle[file];
    if (built?.type !== 'chunk') continue;
    built.dynamicImports.forEach((next) => lazy.add(next));
    [...built.imports, ...built.dynamicImports].forEach((next) => reached.add(next));
  }
  return [...lazy].filter((file) => !first.has(file)).map((file) => bundle[file]).filter((built) => built?.type === 'chunk');
}

function chunkOf(bundle: Bundle, module: string): Chunk {
  const chunk = Object.values(bundle).find((built) => built.type === 'chunk' && built.moduleIds.some((id) => id.endsWith(module)));
  if (chunk?.type !== 'chunk') throw new Error(`The first load cannot be weighed: ${module} is in no file of the build`);
  return chunk;
}

function kB(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
