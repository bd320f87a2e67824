import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { adaptRedoc } from './redoc';

const bundle = await readFile('node_modules/redoc/bundles/redoc.standalone.js', 'utf8');

describe('the bundle of ReDoc', () => {
  const { script, search } = adaptRedoc(bundle);

  it('asks no CDN, and makes no worker of a text', () => {
    expect(bundle).toContain('cdn.redoc.ly');
    expect(script).not.toMatch(/https?:\/\/cdn\./);
    expect(script).not.toContain('new Worker(URL');
    expect(script).toContain(`new Worker("/${search.fileName}"`);
  });

  it('gives its styles the nonce of the page', () => {
    expect(script).toContain('meta[property=csp-nonce]');
  });

  it('has its search in a file of its own, named for what is in it', () => {
    expect(search.fileName).toMatch(/^assets\/redoc-search-[\w-]{8}\.js$/);
    expect(search.script).toMatch(/^\/\*[^\n]*\n!function/);
    expect(search.script).not.toContain('sourceMappingURL');
    expect(adaptRedoc(bundle).search.fileName).toBe(search.fileName);
  });

  it.each([
    ['the logo', 'https://cdn.redoc.ly/redoc/logo-mini.svg'],
    ['the nonce', 'r.nc=void 0'],
    ['the wrapper', 'module.exports=t(require("null"))'],
    ['the worker', 'URL.createObjectURL(new Blob(['],
  ])('fails the build without %s as known', (_, part) => {
    expect(() => adaptRedoc(bundle.replace(part, 'changed'))).toThrow("ReDoc's bundle has changed");
  });

  it('fails the build when the address of the logo stands there twice', () => {
    expect(() => adaptRedoc(`${bundle}"https://cdn.redoc.ly/redoc/logo-mini.svg"`)).toThrow("ReDoc's bundle has changed");
  });
});
