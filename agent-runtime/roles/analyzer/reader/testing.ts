// For tests: which children are there.
import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of the living children of this process that parse. */
export function childrenOfThis(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return Number(parent) === process.pid && state !== 'Z' && command.includes('reader') ? [command] : [];
      } catch {
        return [];
      }
    });
}
