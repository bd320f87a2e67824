import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const text = new Set(['.css', '.js', '.json', '.map', '.md', '.svg', '.txt', '.webmanifest', '.xml']);
const scripts = new Set(['.css', '.js']); // of which the server takes NAME.gz alone for NAME
const large = 500_000; // bytes
const dense = new Set(['.avif', '.br', '.gif', '.gz', '.ico', '.jpeg', '.jpg', '.png', '.webp', '.woff', '.woff2']);

/**
 * Leaves NAME.br and NAME.gz in the place of each built file that gets notably smaller, so that the server compresses
 * nothing. It unpacks NAME for the rare client that takes neither: as a third copy it would be the larger part of all.
 * Of the largest scripts, the documentation's libraries, only NAME.gz is left: their brotli, a fifth smaller, is as much
 * as all the rest.
 */
export function compressed(): Plugin {
  return {
    name: 'keystead:compressed',
    apply: 'build',
    // The files of public/ are there before the bundle is.
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const files = [...await filesIn(dir), ...await filesIn(join(dir, 'assets'))];
      await Promise.all(files.filter(worthTrying).map(compress));
    },
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
}

/** Pages are templates: the server fills them in for each request. */
function worthTrying(file: string): boolean {
  return !['', '.html', ...dense].includes(extname(file));
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  const forms: Record<string, Buffer> = { gz: await promisify(gzip)(content, { level: 9 }) };
  if (content.length < large || !scripts.has(extname(file))) forms.br = await promisify(brotliCompress)(content, brotliOptions(file, content.length));
  if (!Object.values(forms).every((form) => pays(content.length, form.length))) return;
  for (const [ending, form] of Object.entries(forms)) await writeFile(`${file}.${ending}`, form);
  await rm(file);
}

function brotliOptions(file: string, size: number) {
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
      [constants.BROTLI_PARAM_MODE]: text.has(extname(file)) ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
    },
  };
}

/** Small files fit one packet anyway, and a tenth is the least that is worth a second form in the binary. */
export function pays(size: number, compressedSize: number): boolean {
  return size >= 1024 && compressedSize <= size * 0.9;
}
