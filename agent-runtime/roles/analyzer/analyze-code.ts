// AnalyzeCode: measures source code without running it.
import manifest from '#package.json' with { type: 'json' };
import { AnalyzeCode, analyzeMeasures } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { type Action, action, type ActionResult, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { analyze, type Analysis } from './analysis.ts';
import { listFiles } from './files.ts';
import { pageOf } from './page.ts';
import { openChildReader } from './reader/child-reader.ts';
import type { Reader } from './reader/reader.ts';
import { toMarkdown } from './report/markdown.ts';
import { toSarif } from './report/sarif.ts';
import { catalogue } from './rules/catalogue.ts';
import { sectionOf } from './sections.ts';
import { structureRules } from './structure.ts';
import { type Measure, surveyFiles } from './survey.ts';

/** Order of the page: what may be wrong before what is merely large. */
const order: readonly Measure[] = ['imports', 'complexity', 'duplicates', 'rules', 'secrets', 'dependencies', 'languages', 'size'];
const finding: ReadonlySet<Measure> = new Set(['imports', 'complexity', 'duplicates', 'rules', 'secrets', 'dependencies']);
const rules = [...structureRules, ...catalogue];
const percentBeforeJoining = 92;

/** Languages, sizes, imports, complexity, duplicates, faults, secrets and dependencies of the files. */
export const analyzeCode = analyzeCodeWith(openChildReader);

/** The same with another reader of files. */
export function analyzeCodeWith(openReader: () => Reader): Action {
  return action(AnalyzeCode, async ({ area, measures = analyzeMeasures }, context) => {
    const paths = await listFiles(context.folder, area ?? '', context.signal);
    if (paths === undefined) return failed('ActionRefused', `area ${area}: the workspace has no such folder`);
    const files = await surveyFiles(paths, { measures, context, openReader });
    context.log(`read ${files.length} of ${paths.length} files\n`);
    context.progress(percentBeforeJoining, 'putting together what the files say');
    return reportOf(area ?? 'the workspace', analyze(files, measures));
  });
}

function reportOf(where: string, analysis: Analysis): ActionResult {
  const { files, measures, findings } = analysis;
  const sections = order.filter((measure) => measures.includes(measure)).map((measure) => sectionOf[measure](analysis));
  const page = pageOf(where, analysis, [toMarkdown({ findings, rules }), ...sections.flatMap(({ markdown }) => markdown ?? [])]);
  const observed: JsonObject = Object.assign({ files: files.length }, foundIn(analysis), ...sections.map((section) => section.observed));
  return succeeded(`measured ${files.length} files: ${findings.length} findings`, {
    observed,
    artifacts: [textArtifact('analysis.sarif', 'application/sarif+json', toSarif({ findings, rules, version: manifest.version })), textArtifact('analysis.md', 'text/markdown', page)],
  });
}

/** What holds for all measures that can find something; nothing when none of them was asked for. */
function foundIn({ files, measures, findings }: Analysis): JsonObject {
  if (!measures.some((measure) => finding.has(measure))) return {};
  return {
    findings: findings.length,
    errors: findings.filter(({ level }) => level === 'error').length,
    warnings: findings.filter(({ level }) => level === 'warning').length,
    skippedFiles: files.filter(({ skipped }) => skipped !== undefined).length,
    reusedFiles: files.filter(({ isReused }) => isReused === true).length,
  };
}
