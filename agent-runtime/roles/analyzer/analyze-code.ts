// AnalyzeCode: measures source code without running it.
import { AnalyzeCode, analyzeMeasures } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { table } from '#agent-runtime/roles/markdown.ts';
import { action, type ActionContext, type ActionResult, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { listFiles, readFiles } from './files.ts';
import { createSurvey, type Survey } from './survey.ts';

const listed = 10;
const filesPerProgress = 200;

type Measure = (typeof analyzeMeasures)[number];

interface Section {
  readonly observed: JsonObject;
  readonly markdown: string;
}

/** Languages, sizes, imports and branches of the files. */
export const analyzeCode = action(AnalyzeCode, async ({ area, measures = analyzeMeasures }, context): Promise<ActionResult> => {
  const paths = await listFiles(context.folder, area ?? '', context.signal);
  if (paths === undefined) return failed('ActionRefused', `area ${area}: the workspace has no such folder`);
  const survey = await surveyOf(paths, context);
  const sections = analyzeMeasures.filter((measure) => measures.includes(measure)).map((measure) => sectionOf[measure](survey));
  const observed: JsonObject = Object.assign({ files: paths.length }, ...sections.map((section) => section.observed));
  const where = area ?? 'the workspace';
  const report = [`# Analysis of ${where}`, `${paths.length} files.`, ...sections.map(({ markdown }) => markdown)].join('\n\n');
  return succeeded(`measured ${paths.length} files`, { observed, artifacts: [textArtifact('analysis.md', 'text/markdown', `${report}\n`)] });
});

async function surveyOf(paths: readonly string[], { folder, signal, progress, log }: ActionContext): Promise<Survey> {
  const survey = createSurvey();
  let done = 0;
  for await (const file of readFiles(folder, paths, signal)) {
    survey.add(file);
    done += 1;
    if (done % filesPerProgress === 0) progress(Math.floor((done * 100) / paths.length), `${done} of ${paths.length} files`);
  }
  log(`read ${done} of ${paths.length} files\n`);
  return survey;
}

const sectionOf: Readonly<Record<Measure, (survey: Survey) => Section>> = {
  languages: (survey) => {
    const languages = survey.languages();
    return {
      observed: { languages: languages.length },
      markdown: `## Languages\n\n${table(['Language', 'Files', 'Lines', 'Bytes'], languages.map(({ language, files, lines, bytes }) => [language, files, lines, bytes]))}`,
    };
  },
  size: (survey) => {
    const largest = survey.files().toSorted((a, b) => b.lines - a.lines).slice(0, listed);
    return {
      observed: { lines: survey.files().reduce((sum, { lines }) => sum + lines, 0), largestFileLines: largest[0]?.lines ?? 0 },
      markdown: `## Largest files\n\n${table(['File', 'Lines', 'Bytes'], largest.map(({ path, lines, bytes }) => [path, lines, bytes]))}`,
    };
  },
  imports: (survey) => {
    const { files, edges, cycles } = survey.imports();
    const shown = cycles.slice(0, listed).map((members) => [members.length, members.slice(0, listed).join(', ')]);
    return {
      observed: { importFiles: files, importEdges: edges, importCycles: cycles.length },
      markdown: `## Imports\n\nTypeScript, JavaScript and Python; type-only imports are left out. ${files} files, ${edges} edges, ${cycles.length} cycles.\n\n${table(['Files in the cycle', 'Files'], shown)}`,
    };
  },
  complexity: (survey) => {
    const most = survey.files().toSorted((a, b) => b.branches - a.branches).slice(0, listed);
    return {
      observed: { branches: survey.files().reduce((sum, { branches }) => sum + branches, 0), mostBranchesInFile: most[0]?.branches ?? 0 },
      markdown: `## Branches\n\nBranching words and operators, counted without parsing.\n\n${table(['File', 'Branches', 'Lines'], most.map(({ path, branches, lines }) => [path, branches, lines]))}`,
    };
  },
};
