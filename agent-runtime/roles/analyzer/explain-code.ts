// ExplainCode: lets a language model answer a question about the code. The places of its findings were checked; the answer is its own claim.
import { ExplainCode } from '#api/intents.ts';
import { action, failed, type Produced, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { cell, table } from '#agent-runtime/roles/markdown.ts';
import { concluded, thinkAs } from '#agent-runtime/roles/thinking-role.ts';
import { placeOf } from '#agent-runtime/thinking/files.ts';
import type { Tool } from '#agent-runtime/thinking/tool.ts';
import { filesBelow, listFilesTool } from '#agent-runtime/thinking/tools/list-files.ts';
import { readFileTool } from '#agent-runtime/thinking/tools/read-file.ts';
import { lookAroundTools } from '#agent-runtime/thinking/tools/look-around.ts';
import { readResultTool } from '#agent-runtime/thinking/tools/read-result.ts';
import { searchTool } from '#agent-runtime/thinking/tools/search.ts';
import { shareable } from '#agent-runtime/thinking/transcript.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { answerTool } from './explain-code/finish.ts';
import { Notebook } from './explain-code/notebook.ts';
import { promptVersion, systemPrompt } from './explain-code/prompt.v1.ts';
import type { Finding } from './finding.ts';

const summaryLength = 500;

/** Fails unless the model finishes with an answer. */
export const explainCode = action(ExplainCode, async ({ question, area, model, maxTurns = 20 }, context) => {
  const { folder, signal } = context;
  if (area !== undefined && !(await isFolder(folder, area, signal))) return failed('ActionRefused', `area ${area}: the workspace has no such folder`);
  // Nothing runs here: the files stay in the folder that they were checked out to.
  const looked = area === undefined ? folder : `${folder}/${area}`;
  const bench = new Workbench({ ...context, currentFolder: () => looked });
  const notebook = new Notebook(bench, area === undefined ? '' : `${area}/`);
  const thought = await thinkAs({ action: 'ExplainCode', system: systemPrompt, promptVersion, tools: analyzerTools(bench, notebook), takesServers: true, wanted: question, modelName: model, maxTurns, state: () => bench.state() }, context);
  if (thought.kind === 'refused') return thought.result;
  const { end, transcript } = thought;
  const { findings } = notebook;
  const observed = { ...thought.observed, ...countsOf(findings) };
  return concluded(end, { observed, artifacts: [transcript] }, (summary) =>
    succeeded(`the model answered, with ${findings.length} findings`, { observed, claimed: { summary: shareable(summary, summaryLength) }, artifacts: [...pagesOf(question, summary, findings), transcript] }),
  );
});

/** True for a folder of the workspace that may be looked at; git's own is none. */
async function isFolder(folder: string, area: string, signal: AbortSignal): Promise<boolean> {
  const place = placeOf(area);
  return place.kind === 'inside' && (await filesBelow(folder, place.path, signal)) !== undefined;
}

/** The tools of who explains. Their order is part of the prompt. */
export function analyzerTools(bench: Workbench, notebook: Notebook): readonly Tool[] {
  return [...[listFilesTool, readFileTool, searchTool, readResultTool].map((make) => make(bench)), notebook.tool(), answerTool(), ...lookAroundTools(bench)];
}

function countsOf(findings: readonly Finding[]) {
  const having = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  return { findings: findings.length, errors: having('error'), warnings: having('warning') };
}

function pagesOf(question: string, answer: string, findings: readonly Finding[]): readonly Produced[] {
  const rows = findings.map(({ level, place: { path, line }, message }) => [level, `${path}:${line}`, message]);
  const basis = rows.length === 0 ? 'The answer names no place.' : table(['Severity', 'Place', 'Finding'], rows);
  const page = ['# Explanation', `Question: ${cell(question)}`, answer.trim(), '## Findings', basis].join('\n\n');
  return [textArtifact('explanation.md', 'text/markdown', `${page}\n`), textArtifact('findings.json', 'application/json', `${JSON.stringify({ findings }, null, 1)}\n`)];
}
