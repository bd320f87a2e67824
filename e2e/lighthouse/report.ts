import type { Result } from 'lighthouse';

import { categories, score } from './measure.ts';

const metrics = {
  FCP: 'first-contentful-paint', LCP: 'largest-contentful-paint', TBT: 'total-blocking-time', CLS: 'cumulative-layout-shift', SI: 'speed-index',
};

/** One line of the table for a run. The last figure says how fast the machine was: much lower than usual, and it was busy. */
export function row(name: string, run: Result, performances: number[]): string[] {
  return [
    name,
    ...categories.map((category) => String(score(run, category))),
    performances.join(' '),
    ...Object.values(metrics).map((id) => run.audits[id]?.displayValue ?? '-'),
    String(Math.round(run.environment.benchmarkIndex)),
  ];
}

/** The rows below their heads, each column as wide as it must be. */
export function table(rows: string[][]): string {
  const all = [['page', ...categories, 'each run', ...Object.keys(metrics), 'machine'], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((cells) => (cells[column] ?? '').length)));
  return all.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

/** Names what took points from a category, and what Lighthouse says to it. Of performance also what has no weight, but costs time. */
export function failures(run: Result, category: string): string[] {
  return (run.categories[category]?.auditRefs ?? []).flatMap(({ id, weight }) => {
    const audit = run.audits[id];
    const costs = Object.values(audit?.metricSavings ?? {}).some((saving) => (saving ?? 0) > 0);
    if (audit === undefined || audit.score === null || audit.score >= 0.9 || (weight === 0 && !costs)) return [];
    return [[`${id}: ${audit.title}`, audit.displayValue, audit.explanation, ...nodes(audit)].filter(Boolean).join('; ')];
  });
}

/** Which elements an audit has found fault with, or the first texts of its table. */
function nodes({ details }: Result['audits'][string]): string[] {
  if (details?.type !== 'table' && details?.type !== 'opportunity') return [];
  return details.items.slice(0, 5).map((item) => JSON.stringify(item.node ?? item.url ?? item.description ?? '')).filter((text) => text !== '""').map((text) => text.slice(0, 200));
}
