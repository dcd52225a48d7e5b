// WriteReport: joins what other tasks found into one page for people.
import { WriteReport } from '#api/intents.ts';
import type { Json } from '#api/v1alpha1/json.ts';
import { Artifact } from '#api/v1alpha1/schema.ts';
import { action, type ActionContext, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { cell, table } from '#agent-runtime/roles/markdown.ts';

/** Lines of another task's page that the report repeats: its head, where pages say first what matters. */
const linesRepeated = 40;

/** The inputs of the task as a table, an object among them as one row for each of its fields, then the heads of the Markdown pages among them. */
export const writeReport = action(WriteReport, async ({ title }, context) => {
  const inputs = Object.entries(context.inputs).map(([name, value]) => ({ name, value, page: isPage(value) }));
  const rows = inputs.filter(({ page }) => !page).flatMap(({ name, value }) => rowsOf(name, value));
  const pages: string[] = [];
  for (const { name } of inputs.filter(({ page }) => page)) {
    const section = await sectionOf(name, context);
    if (typeof section !== 'string') return failed(section.reason, section.message);
    pages.push(section);
  }
  const body = rows.length + pages.length === 0 ? ['The task has no inputs, so there is nothing to report.'] : rows.length === 0 ? [] : [table(['Result', 'Value'], rows)];
  const text = `${[`# ${cell(title)}`, ...body, ...pages].join('\n\n')}\n`;
  return succeeded(`wrote report.md with ${rows.length} results and ${pages.length} pages`, { observed: { rows: rows.length, pages: pages.length }, artifacts: [textArtifact('report.md', 'text/markdown', text)] });
});

function isPage(value: Json): boolean {
  return Artifact.safeParse(value).data?.mediaType === 'text/markdown';
}

/** The head of a page as a section, its headings one level down. */
async function sectionOf(name: string, { artifact }: Pick<ActionContext, 'artifact'>) {
  const answer = await artifact(name);
  if (answer.kind === 'failed') return answer;
  const lines = Buffer.from(answer.bytes).toString('utf8').split('\n');
  const head = lines.slice(0, linesRepeated).map((line) => (line.startsWith('#') ? `#${line}` : line));
  const more = lines.length > linesRepeated ? [`\n(${lines.length - linesRepeated} more lines in ${cell(answer.artifact.name)})`] : [];
  return [...head, ...more].join('\n').trimEnd();
}

function rowsOf(name: string, value: Json): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  if (Array.isArray(value)) return [[name, value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ')]];
  return Object.entries(value).flatMap(([field, inner]) => rowsOf(`${name}.${field}`, inner));
}
