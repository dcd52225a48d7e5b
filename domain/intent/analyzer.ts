// Intents of the Analyzer: it reads files and runs nothing, so not one file may differ afterwards.
import { AnalyzeCode, analyzeMeasures, CountPatterns, ExplainCode, WriteReport } from '#api/intents.ts';
import { binding, toolBinding } from './binding.ts';

/** What the Analyzer is asked for. */
export const analyzerBindings = {
  AnalyzeCode: binding(AnalyzeCode, (params) => toolBinding('analyzer', { measures: [...analyzeMeasures], ...params }, { files: 'unchanged', artifacts: ['analysis.sarif', 'analysis.md'] })),
  CountPatterns: binding(CountPatterns, (params) => toolBinding('analyzer', params, { files: 'unchanged', artifacts: ['patterns.md'] })),
  WriteReport: binding(WriteReport, (params) => toolBinding('report', params, { files: 'unchanged', artifacts: ['report.md'] })),
  ExplainCode: binding(ExplainCode, (params) => toolBinding('model', { ...params, maxTurns: params.maxTurns ?? 20 }, { files: 'unchanged', artifacts: ['explanation.md', 'findings.json'], claims: 'opinion' })),
};
