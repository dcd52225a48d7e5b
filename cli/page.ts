// The command that shows missions in a browser.
import { type Command, InvalidArgumentError } from 'commander';
import type { Act, Add } from './words.ts';

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('expected a port from 1 to 65535');
  return port;
}

/** Adds it to the program. */
export function addPage(program: Command, add: Add, act: Act): void {
  add(program, 'dashboard', 'Show missions in a browser of this machine, until Ctrl-C. Needs a console in the installation.')
    .option('--port <port>', 'port on this machine; any free one unless told', parsePort)
    .option('--open', 'open the browser too', false)
    .addHelpText('after', '\nThe page is served on 127.0.0.1 only. It reads as you: your token stays in this command, the browser never has it.\nExamples:\n  kubectl mission dashboard\n  kubectl mission dashboard --open')
    .action(async ({ port = 0, open }: { readonly port?: number; readonly open: boolean }, command: Command) => {
      const { dashboardCommand } = await import('./commands/dashboard.ts');
      await act(command, (session) => dashboardCommand(session, { port, open }));
    });
}
