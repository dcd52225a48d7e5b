// Which command formats a workspace: its own script, or the formatter that its files speak of.
import type { WorkspaceFacts } from './action.ts';
import type { Program } from './binding.ts';
import { programCommand, scriptCommand } from './package-managers.ts';

const scriptNames = ['format', 'fmt', 'format:fix', 'format:write'] as const;

/** Scripts that tell what is badly formatted, and leave it so. */
const onlyChecks = /--check\b|--list-different\b|(?:^|\s)-[cl](?:\s|$)/;

const commands: Readonly<Record<string, (facts: WorkspaceFacts) => readonly string[]>> = {
  prettier: ({ packageManager }) => programCommand(packageManager, 'prettier', ['--write', '.']),
  biome: ({ packageManager }) => programCommand(packageManager, 'biome', ['format', '--write', '.']),
  eslint: ({ packageManager }) => programCommand(packageManager, 'eslint', ['--fix', '.']),
  ruff: () => ['ruff', 'format', '.'],
  black: () => ['black', '.'],
  gofmt: () => ['gofmt', '-w', '.'],
  rustfmt: () => ['cargo', 'fmt', '--all'],
};

/** Formatters that a workspace may speak of. */
export const formatterNames: readonly string[] = Object.keys(commands);

/** The command that formats the workspace, and the program behind it; undefined when none was recognised. */
export function formatterOf(facts: WorkspaceFacts): Program | undefined {
  const script = scriptNames.find((name) => Object.hasOwn(facts.scripts, name) && !onlyChecks.test(facts.scripts[name] ?? ''));
  if (script !== undefined) return { command: scriptCommand(facts.packageManager, script) };
  for (const name of facts.formatters) {
    const command = Object.hasOwn(commands, name) ? commands[name]?.(facts) : undefined;
    if (command !== undefined) return { command, program: name };
  }
  return undefined;
}
