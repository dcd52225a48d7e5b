// The AsyncAPI document of all events, and docs/reference/events.md, from the schemas that every event is checked with.
import { z } from 'zod';
import { catalogue, type EventName, eventNames, families, type Family, familyOf } from '#api/events/catalogue.ts';
import { Attributes, schemaOf, typeOf } from '#api/events/envelope.ts';
import { packHeaders, packLimits, packTypes, streamOf, streams, subjectOf } from '#api/events/streams.ts';
import { JsonObject } from '#api/v1alpha1/json.ts';
import { exampleOf, type Schema } from './event-examples.ts';
import { code, table } from './markdown.ts';
import { generatedFrom, type GeneratedFile, referencePage } from './output.ts';

const source = 'api/events/';
const references = '#/components/schemas/';
/** Events of objects are told by the mirror; an agent tells of itself. */
const sources = { object: '/mirror', agent: '/agents/team-a/crew/crew-7k2xp' } as const;

/** What each family is about. */
const familyTexts: Readonly<Record<Family, string>> = {
  mission: 'Missions and their runs.',
  plan: 'Plans that a planner has made.',
  approval: 'What people have said to a plan or a goal.',
  task: 'Tasks and their attempts.',
  pool: 'Pools of agents.',
  violation: 'Differences between what a task was expected to leave and what it left.',
  agent: 'What agents tell of themselves while they work.',
};

/** The document (AsyncAPI 3.0), ready to be printed. */
export function asyncapiDocument(version: string): object {
  return {
    asyncapi: '3.0.0',
    'x-generated': generatedFrom(source),
    info: { title: 'Coditect events', version, description: info },
    defaultContentType: packTypes.json,
    servers: { log: { host: '{host}', protocol: 'nats', description: 'The event log: NATS with JetStream.', variables: { host: { description: 'Host and port of the log.', default: 'nats.nats.svc:4222' } } } },
    channels: Object.fromEntries(families.map((family) => [family, channelOf(family)])),
    operations: Object.fromEntries(families.map((family) => [`tell-${family}`, { action: 'send', channel: { $ref: `#/channels/${family}` }, summary: `The mirror tells. ${familyTexts[family]}` }])),
    components: { messages: Object.fromEntries(eventNames.map((name) => [typeOf(name), messageOf(name)])), schemas: Object.fromEntries([['attributes', attributesSchema()], ...eventNames.map((name) => [keyOf(name), sharedSchema(name)])]) },
  };
}

const info = [
  'What happens to missions, tasks, plans, approvals and pools, and what agents do: CloudEvents 1.0 in NATS JetStream.',
  `One NATS message is a pack of up to ${packLimits.events} events of one tenant and family, in their order. The header \`${packHeaders.contentType}\` says how it is written: \`${packTypes.json}\` is a JSON array of the messages of this document, and the default; \`${packTypes.records}\` is the same array as MessagePack with the record extension of msgpackr.`,
  'Equal ids are equal events: a reader drops those that it has seen. Fields may be added without a new version; a reader ignores those that it does not know.',
].join('\n\n');

function channelOf(family: Family): object {
  const names = eventNames.filter((name) => familyOf(name) === family);
  return {
    address: addressOf(family),
    description: `${familyTexts[family]} Kept in the ${keptIn(family)}.`,
    parameters: { tenant: { description: 'Namespace of what the events are about.', examples: ['team-a'] } },
    messages: Object.fromEntries(names.map((name) => [typeOf(name), { $ref: `#/components/messages/${typeOf(name)}` }])),
  };
}

/** Subjects are made for a real name, so that this document cannot differ from them. */
function addressOf(family: Family): string {
  return subjectOf('tenant', family).replace('.tenant.', '.{tenant}.');
}

function keptIn(family: Family): string {
  const { name, maxAgeSeconds } = streams[streamOf(family)];
  return `stream ${code(name)}, ${maxAgeSeconds / day} days`;
}

const day = 86_400;

function messageOf(name: EventName): object {
  const own = { properties: { type: { const: typeOf(name) }, dataschema: { const: schemaOf(name) }, data: { $ref: schemaOf(name) } }, required: ['data'] };
  return {
    name: typeOf(name),
    title: name,
    summary: catalogue[name].what,
    contentType: 'application/cloudevents+json',
    payload: { allOf: [{ $ref: `${references}attributes` }, { type: 'object', ...own }] },
    examples: [{ name, payload: exampleEvent(name) }],
  };
}

/** An event as it may be read. */
export function exampleEvent(name: EventName): object {
  const family = familyOf(name);
  const data = exampleOf(dataSchema(name)) as Record<string, unknown>;
  const thing = family === 'agent' ? `${String(data['taskUid'])}.1.1-1.1` : `${String(data['uid'] ?? exampleOf({ type: 'string' }, 'uid'))}.4712`;
  const plural = { mission: 'missions', plan: 'plans', approval: 'approvals', task: 'tasks', pool: 'agentpools', violation: 'tasks', agent: 'tasks' }[family];
  const mission = family === 'pool' ? {} : { mission: 'examine', missionuid: exampleOf({ type: 'string' }, 'uid') };
  return {
    specversion: '1.0', id: thing, source: family === 'agent' ? sources.agent : sources.object, type: typeOf(name), subject: `${plural}/examine`, time: '2026-01-31T12:00:00.000Z',
    datacontenttype: 'application/json', dataschema: schemaOf(name), tenant: 'team-a', ...mission, data,
  };
}

function keyOf(name: EventName): string {
  return schemaOf(name).slice(references.length);
}

function dataSchema(name: EventName): Schema {
  return schemaFor(catalogue[name].data);
}

/** The schema, or where it stands already: events of one kind carry the same. */
function sharedSchema(name: EventName): object {
  const first = eventNames.find((other) => catalogue[other].data === catalogue[name].data) ?? name;
  return first === name ? dataSchema(name) : { $ref: schemaOf(first) };
}

function attributesSchema(): Schema {
  return { title: 'attributes', description: 'Attributes of CloudEvents 1.0, and tenant, mission, missionuid of ours.', ...schemaFor(Attributes) };
}

/** JSON Schema (draft 7) for readers: further fields are allowed, since a newer mirror may tell more. */
function schemaFor(schema: z.ZodType): Schema {
  const { $schema: _, definitions: _unused, ...rest } = z.toJSONSchema(schema, { target: 'draft-07', override: forReaders }) as Record<string, unknown>;
  return rest;
}

function forReaders({ zodSchema, jsonSchema }: { readonly zodSchema: unknown; readonly jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema['additionalProperties'] === false) delete jsonSchema['additionalProperties'];
  if (zodSchema !== JsonObject) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  Object.assign(jsonSchema, { type: 'object', description: 'As the API server has it; its schema is that of the kind.' });
}

/** config/schemas/asyncapi.json and docs/reference/events.md. */
export function eventFiles(version: string): GeneratedFile[] {
  return [{ path: 'config/schemas/asyncapi.json', text: `${JSON.stringify(asyncapiDocument(version), null, 2)}\n` }, eventPage()];
}

function eventPage(): GeneratedFile {
  const sections = families.flatMap((family) => [`## ${family}`, `${familyTexts[family]} Subject ${code(addressOf(family))}, ${keptIn(family)}.`, namesTable(family), ...sharedData(family)]);
  return referencePage('events', source, [
    '# Events',
    'Every event, and what it carries. How to read and replay them: [events](../events.md). The same as an AsyncAPI 3.0 document, with examples: [asyncapi.json](../../config/schemas/asyncapi.json).',
    '## Attributes',
    fieldsTable(attributesSchema()),
    ...sections,
  ]);
}

function namesTable(family: Family): string {
  return table(['Name', 'Type', 'What'], eventNames.filter((name) => familyOf(name) === family).map((name) => [code(name), code(typeOf(name)), catalogue[name].what]));
}

/** Fields once for all events that carry the same. */
function sharedData(family: Family): string[] {
  const byData = Map.groupBy(eventNames.filter((name) => familyOf(name) === family), (name) => catalogue[name].data);
  return [...byData].map(([, names]) => `Data of ${names.map(code).join(', ')}:\n\n${fieldsTable(dataSchema(names[0] ?? 'mission.created'))}`);
}

function fieldsTable(schema: Schema): string {
  return table(['Field', 'Type', 'Always there'], fieldsOf(schema, 'data').map(({ path, type, isAlways }) => [code(path.replace(/^data\./, '')), type, isAlways ? 'yes' : '']));
}

interface Field {
  readonly path: string;
  readonly type: string;
  readonly isAlways: boolean;
}

function fieldsOf({ properties = {}, required = [] }: Schema, parent: string): Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${parent}.${name}`;
    const below = schema.items?.properties === undefined ? fieldsOf(schema, path) : fieldsOf(schema.items, `${path}[]`);
    return [{ path, type: typeText(schema), isAlways: (required as readonly string[]).includes(name) }, ...below];
  });
}

function typeText({ type = 'string', const: only, enum: choices, format, items }: Schema): string {
  if (only !== undefined) return code(JSON.stringify(only));
  if (choices !== undefined) return choices.map((choice) => code(JSON.stringify(choice))).join(', ');
  if (items !== undefined) return `list of ${typeText(items)}`;
  return format === 'date-time' ? 'time' : type;
}
