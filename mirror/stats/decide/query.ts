// One question of one tenant as SQL. The tenant comes from the door, not from the question: no template and no parameter can leave it out or change it.
import { type StatsName, type StatsParameters, statsTemplates, type StatsTemplate } from '#api/stats.ts';
import { type Instant, parseTime } from '#api/time.ts';
import { divisions, type Filter, type Source, sources } from './templates.ts';

export interface Question {
  readonly sql: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Names of the columns of the answer, in their order. */
  readonly columns: readonly string[];
}

export type Built = { readonly kind: 'question'; readonly question: Question; readonly from: Instant; readonly until: Instant } | { readonly kind: 'fault'; readonly field: string; readonly fault: string };

const week = 7 * 24 * 3_600_000;
const filters: readonly Filter[] = ['mission', 'agent', 'model'];

/** Puts a question to the tables of a database, for one tenant. `now` is where it ends when it does not say. */
export function buildQuestion(name: StatsName, parameters: StatsParameters, about: { readonly tenant: string; readonly database: string; readonly now: Instant }): Built {
  const template: StatsTemplate = statsTemplates[name];
  const source = sources[name];
  const by = parameters.by ?? template.by[0].name;
  if (!template.by.some((division) => division.name === by)) return { kind: 'fault', field: 'by', fault: `${name} knows ${template.by.map((division) => division.name).join(', ')}` };
  const foreign = filters.find((filter) => parameters[filter] !== undefined && !source.filters.includes(filter));
  if (foreign !== undefined) return { kind: 'fault', field: foreign, fault: `${name} cannot be asked of one ${foreign}` };
  const until = parseTime(parameters.until) ?? about.now;
  const from = parseTime(parameters.from) ?? until - week;
  if (from >= until) return { kind: 'fault', field: 'from', fault: 'must be before until' };
  return { kind: 'question', question: questionOf({ template, source, by }, parameters, { ...about, from, until }), from, until };
}

interface Chosen {
  readonly template: StatsTemplate;
  readonly source: Source;
  readonly by: string;
}

function questionOf({ template, source, by }: Chosen, parameters: StatsParameters, { tenant, database, from, until }: { readonly tenant: string; readonly database: string; readonly from: Instant; readonly until: Instant }): Question {
  const wanted = source.filters.filter((filter) => parameters[filter] !== undefined);
  const conditions = ['h.tenant = {tenant:String}', inTime[source.time], source.where, ...wanted.map((filter) => `h.${filter} = {${filter}:String}`)];
  const select = [`${divisions[by]?.[source.time] ?? `h.${by}`} AS division`, ...template.columns.map(({ name }) => `${source.select[name]} AS ${name}`)];
  const sql = `SELECT ${select.join(', ')} FROM ${database}.${source.table.replace(/^\w+/, '$& AS h')} WHERE ${conditions.join(' AND ')} GROUP BY ${['division', ...source.group].join(', ')} ORDER BY ${source.order}, division LIMIT {limit:UInt32}`;
  const filtered = Object.fromEntries(wanted.map((filter) => [filter, parameters[filter] ?? '']));
  return { sql, params: { ...filtered, limit: parameters.limit, from, until, tenant }, columns: [by, ...template.columns.map(({ name }) => name)] };
}

/** Sums by hour or day are told whole where the time begins inside one. */
const inTime: Readonly<Record<Source['time'], string>> = {
  hour: 'h.hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, \'UTC\')) AND h.hour < fromUnixTimestamp64Milli({until:Int64}, \'UTC\')',
  day: 'h.day >= toDate(fromUnixTimestamp64Milli({from:Int64}, \'UTC\')) AND h.day <= toDate(fromUnixTimestamp64Milli({until:Int64}, \'UTC\'))',
  ts: 'h.ts >= fromUnixTimestamp64Milli({from:Int64}, \'UTC\') AND h.ts < fromUnixTimestamp64Milli({until:Int64}, \'UTC\')',
};
