// The report for tools: one run of SARIF 2.1.0, as code scanning services and editors read it.
import { createHash } from 'node:crypto';
import type { Finding, Place, RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import { mostSevereFirst } from './ranking.ts';

/** What goes into a report. */
export interface ReportInput {
  readonly findings: readonly Finding[];
  /** The rules that were looked for, also those that found nothing. */
  readonly rules: readonly RuleText[];
  /** Version of the Analyzer. */
  readonly version: string;
  /** Commit that was analysed. */
  readonly commit?: string;
  /** Why the analysis is not whole, for example files that were not read. */
  readonly truncated?: string;
}

/** Code scanning services take no more from one run. */
const maxResults = 5000;
const maxRelated = 50;
const maxMessage = 1000;

/** A SARIF 2.1.0 log as JSON text: at most 5,000 results, the most severe ones; what was left out is said in the invocation. */
export function toSarif({ findings, rules, version, commit, truncated }: ReportInput): string {
  const descriptors = describe(rules, findings);
  const indexes = new Map(descriptors.map(({ id }, index) => [id, index]));
  const listed = mostSevereFirst(findings).slice(0, maxResults);
  const missing = findings.length > maxResults ? [`${maxResults} of ${findings.length} findings are listed, the most severe first.`] : [];
  const notes = [...missing, ...(truncated === undefined ? [] : [truncated])];
  const prints = fingerprints(listed);
  const run = {
    tool: { driver: { name: 'Coditect Analyzer', version, rules: descriptors } },
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: notes.map((text) => ({ level: 'warning', message: { text: text.slice(0, maxMessage) } })) }],
    originalUriBaseIds: { SRCROOT: { description: { text: 'The folder that was analysed.' } } },
    columnKind: 'utf16CodeUnits',
    results: listed.map((finding, at) => toResult(finding, indexes.get(finding.rule) ?? -1, prints[at] ?? '')),
    ...(commit !== undefined && { properties: { commit } }),
  };
  return `${JSON.stringify({ $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json', version: '2.1.0', runs: [run] })}\n`;
}

/** The rules, and those of findings that no text speaks about. */
function describe(rules: readonly RuleText[], findings: readonly Finding[]) {
  const levels = new Map(findings.map(({ rule, level }) => [rule, level]));
  const known = new Set(rules.map(({ id }) => id));
  const described = rules.map(({ id, means, next }) => {
    const level = levels.get(id);
    return { id, shortDescription: { text: means }, help: { text: next }, ...(level !== undefined && { defaultConfiguration: { level } }) };
  });
  return [...described, ...[...levels.keys()].filter((id) => !known.has(id)).map((id) => ({ id }))];
}

function toResult({ rule, level, message, place, related = [] }: Finding, ruleIndex: number, print: string) {
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: message.slice(0, maxMessage).toWellFormed() },
    locations: [location(place)],
    ...(related.length > 0 && { relatedLocations: related.slice(0, maxRelated).map((other, at) => ({ id: at + 1, ...location(other) })) }),
    partialFingerprints: { 'coditect/v1': print },
  };
}

function location({ path, line, column, endLine }: Place) {
  const uri = path.toWellFormed().split('/').map(encodeURIComponent).join('/');
  const region = { startLine: Math.max(1, line), ...(column !== undefined && { startColumn: Math.max(1, column) }), ...(endLine !== undefined && endLine > line && { endLine }) };
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: 'SRCROOT' }, region } };
}

/** Names that outlive moved lines: rule, path and message (which quotes the code), and a number for those that are equal in all three. */
function fingerprints(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, place: { path }, message }) => {
    const hash = createHash('sha256').update([rule, path, message.replaceAll(/\s+/g, ' ').trim()].join('\0')).digest('hex').slice(0, 32);
    const count = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, count);
    return `${hash}:${count}`;
  });
}
