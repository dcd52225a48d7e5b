// WriteReport: joins what other tasks found into one page for people.
import { WriteReport } from '#api/intents.ts';
import type { Json } from '#api/v1alpha1/json.ts';
import { action, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { cell, table } from '#agent-runtime/roles/markdown.ts';

/** The inputs of the task as a table; an object among them becomes one row for each of its fields. */
export const writeReport = action(WriteReport, async ({ title }, { inputs }) => {
  const rows = Object.entries(inputs).flatMap(([name, value]) => rowsOf(name, value));
  const body = rows.length === 0 ? 'The task has no inputs, so there is nothing to report.' : table(['Result', 'Value'], rows);
  const text = `# ${cell(title)}\n\n${body}\n`;
  return succeeded(`wrote report.md with ${rows.length} results`, { observed: { rows: rows.length }, artifacts: [textArtifact('report.md', 'text/markdown', text)] });
});

function rowsOf(name: string, value: Json): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  if (Array.isArray(value)) return [[name, value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ')]];
  return Object.entries(value).flatMap(([field, inner]) => rowsOf(`${name}.${field}`, inner));
}
