// Commands that tell what happened: they ask the mirror, where there is one.
import { type Command, Option } from 'commander';
import { type HistorySource, historySources } from '#api/archive.ts';
import { statsNames } from '#api/stats.ts';
import { Refusal } from './failure.ts';
import { type Act, type Add, isJson, json, parseCount, parseDuration, parseMoment, parseSpeed } from './words.ts';
import { defined } from './world/defined.ts';

/** Adds them to the program. */
export function addPast(program: Command, add: Add, act: Act): void {
  replaying(program, add, act);
  counting(program, add, act);
  picturing(program, add, act);
}

function replaying(program: Command, add: Add, act: Act): void {
  add(program, 'replay <mission>', 'Show what happened to a mission once more, also when it is over or deleted. Needs a mirror.')
    .option('--speed <speed>', 'times as fast as it was, from 0.1x to 1000x, or max; 10x on a terminal and max elsewhere unless told', parseSpeed)
    .option('--agent <pod>', 'only what is of this agent')
    .option('--task <task>', 'only what is of this task')
    .option('--from <time>', 'begin here, for example 2026-01-31T12:00:00Z', parseMoment)
    .option('--until <time>', 'end here', parseMoment)
    .option('--types <types>', 'only these events or families of events, with commas between, for example task,agent.act', (text: string) => text.split(','))
    .option('--follow', 'go on with what happens now', false)
    .addOption(new Option('--source <source>', 'where history comes from: log, archive, or auto, which has from the archive what the log no longer has').choices([...historySources]))
    .option('--json', 'print the events themselves, one CloudEvent a line', false)
    .addHelpText('after', '\nKeys: space pause, left and right one event, + and - speed, home and end, q quit.\nExit codes: 0 all of it was told, 1 something was missing, 2 there is no mirror or it cannot be asked.\nExamples:\n  kubectl mission replay examine\n  kubectl mission replay examine --speed max --task survey\n  kubectl mission replay examine --json --types agent | jq .data.tool')
    .action(async (mission: string, { speed, agent, task, from, until, types = [], json: isData, follow, source }: ReplayWords, command: Command) => {
      if (follow && until !== undefined) throw new Refusal(`replay mission ${mission}: --follow has no end, so --until has no meaning with it`, 'leave one of them out');
      const { replayCommand } = await import('./commands/replay.ts');
      await act(command, (session) => replayCommand(session, mission, { types, json: isData, follow, ...defined({ speed, agent, task, from, until, source }) }));
    });
}

interface ReplayWords {
  readonly speed?: number | 'max';
  readonly agent?: string;
  readonly task?: string;
  readonly from?: number;
  readonly until?: number;
  readonly types?: readonly string[];
  readonly json: boolean;
  readonly follow: boolean;
  readonly source?: HistorySource;
}

function counting(program: Command, add: Add, act: Act): void {
  add(program, 'stats [mission]', 'Answer a question about what happened, in the namespace or in one mission. Needs a mirror with ClickHouse.')
    .addOption(new Option('--of <question>', 'what to tell').choices([...statsNames]).default('cost'))
    .option('--by <what>', 'what to tell it apart by; docs/analytics.md lists what each question knows')
    .option('--since <duration>', 'how far back, for example 24h or 30d; seven days unless told', parseDuration)
    .option('--limit <rows>', 'most rows', parseCount)
    .option('--agent <pod>', 'only of this agent')
    .option('--model <model>', 'only of this model')
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission stats --of cost --by model\n  kubectl mission stats examine --of latency --since 24h\n  kubectl mission stats --of failures -o json | jq .rows')
    .action(async (mission: string | undefined, { of, by, since, limit, agent, model, ...options }: StatsWords, command: Command) => {
      const { statsCommand } = await import('./commands/stats.ts');
      await act(command, (session) => statsCommand(session, { of, json: isJson(options), ...defined({ mission, by, sinceMs: since, limit, agent, model }) }));
    });
}

interface StatsWords {
  readonly of: string;
  readonly by?: string;
  readonly since?: number;
  readonly limit?: number;
  readonly agent?: string;
  readonly model?: string;
  readonly output?: string;
}

function picturing(program: Command, add: Add, act: Act): void {
  add(program, 'world [mission]', 'Show what is known of a mission right now: what agents do, the files they changed, violations, locks. Needs a mirror.')
    .option('--rebuild', 'write the worlds of all missions anew, for who may update missions in all namespaces', false)
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission world examine\n  kubectl mission world examine -o json | jq .files\n  kubectl mission world --rebuild')
    .action(async (mission: string | undefined, { rebuild, ...options }: { readonly rebuild: boolean; readonly output?: string }, command: Command) => {
      if (rebuild === (mission !== undefined)) throw new Refusal('show the world: name either a mission or --rebuild', 'kubectl mission world <mission>');
      const { rebuildWorldsCommand, worldCommand } = await import('./commands/world.ts');
      await act(command, (session) => (mission === undefined ? rebuildWorldsCommand(session) : worldCommand(session, mission, { json: isJson(options) })));
    });
}
