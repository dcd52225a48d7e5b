// record_finding: what an answer rests on. A place counts only when the file has it; what was said of it stays the model's own claim.
import { z } from 'zod';
import type { Finding } from '#agent-runtime/roles/analyzer/finding.ts';
import { findSecrets } from '#agent-runtime/roles/analyzer/secrets/find-secrets.ts';
import { placeOf, readText } from '#agent-runtime/thinking/files.ts';
import { type Tool, tool, type ToolAnswer, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const limits = { findings: 100, text: 1000 } as const;

const input = z.strictObject({
  path: z.string().min(1).max(1000).describe('File of the finding.'),
  line: z.int().min(1).max(1_000_000).describe('Line of the finding, counted from 1.'),
  text: z.string().min(1).max(limits.text).describe('What is there, in one or two sentences.'),
  severity: z.enum(['error', 'warning', 'note']).describe('error: a fault. warning: what may become one. note: a fact.'),
});
type Entry = z.infer<typeof input>;

/** The findings of one answer. */
export class Notebook {
  readonly #bench: Workbench;
  readonly #prefix: string;
  readonly #findings = new Map<string, Finding>();

  /** `prefix` leads from the workspace to the folder that is looked at; empty for the workspace itself. */
  constructor(bench: Workbench, prefix: string) {
    this.#bench = bench;
    this.#prefix = prefix;
  }

  /** What was recorded, in order of the recording. */
  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  /** Records findings. */
  tool(): Tool {
    return tool({ name: 'record_finding', description: 'Records a finding at a line of a file. Refused when there is no such line.', sideEffect: 'none', input, hidden: ['text'] }, (entry) => this.#record(entry));
  }

  async #record({ path, line, text, severity }: Entry): Promise<ToolAnswer> {
    const place = placeOf(path);
    if (place.kind === 'refused') return toolError(place.reason);
    const file = await readText(this.#bench.surroundings.currentFolder(), place.path);
    if (file.kind !== 'text') return toolError(file.reason);
    const lines = linesOf(file.text);
    if (line > lines) return toolError(`line: the file has ${lines} lines`);
    if (holdsSecret(text)) return toolError('text: holds what looks like a secret; say it without');
    const key = JSON.stringify([place.path, line, text]);
    if (!this.#findings.has(key) && this.#findings.size >= limits.findings) return toolError(`there are ${limits.findings} findings already, the most that an answer may have; finish`);
    this.#findings.set(key, { rule: 'explained', level: severity, message: text, place: { path: this.#prefix + place.path, line } });
    return { note: `recorded; ${this.#findings.size} findings` };
  }
}

/** The end of the last line begins no other one. */
function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** True for words that must not be handed on. */
export function holdsSecret(text: string): boolean {
  return findSecrets('', text).length > 0;
}
