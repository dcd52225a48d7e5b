#!/usr/bin/env node
// Starts the scripted model server from the command line: one line with its URL on stdout, then it serves until SIGTERM or SIGINT.
import { Command, InvalidArgumentError, Option } from 'commander';
import { policyNames, policyOf, type PolicyName } from './policies/catalogue.ts';
import { startModelServer } from './server.ts';

interface Settings {
  readonly port: number;
  readonly policy: PolicyName;
  readonly errorRate: number;
  readonly seed: number;
}

const program = new Command('model-server')
  .description('A scripted stand-in for the Anthropic Messages API on 127.0.0.1. It is a simulation: no model is asked, and every answer says so in the header x-coditect-simulated.')
  .addOption(new Option('--port <number>', 'port to listen on; 0 lets the system choose').default(0).argParser(numberUpTo(65_535)))
  .addOption(new Option('--policy <name>', 'what it answers').choices(policyNames).default('demo'))
  .addOption(new Option('--error-rate <share>', 'share of edits, 0 to 1, that are wrong on purpose').default(0).argParser(numberUpTo(1)))
  .addOption(new Option('--seed <number>', 'which edits those are').default(1).argParser(numberUpTo(4_294_967_295)))
  .action(serve);

await program.parseAsync();

async function serve({ port, policy, errorRate, seed }: Settings): Promise<void> {
  const server = await startModelServer({ policy: policyOf(policy, { errorRate, seed }), port });
  process.stdout.write(`simulated model server (policy ${policy}): ${server.url}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
}

function numberUpTo(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(text.trim() !== '' && value >= 0 && value <= max)) throw new InvalidArgumentError(`must be a number from 0 to ${max}.`);
    return value;
  };
}
