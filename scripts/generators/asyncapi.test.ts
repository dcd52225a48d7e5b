// The document of all events is one that AsyncAPI's own parser accepts, and its examples are events that our readers accept.
import { Parser } from '@asyncapi/parser';
import { expect, test } from 'vitest';
import { eventNames } from '#api/events/catalogue.ts';
import { parseEvent, schemaOf, typeOf } from '#api/events/envelope.ts';
import { asyncapiDocument, eventFiles, exampleEvent } from './asyncapi.ts';

const text = () => JSON.stringify(asyncapiDocument('1.2.3'));

test('AsyncAPI finds no error in the document, and every type in it', async () => {
  const { document, diagnostics } = await new Parser().parse(text());
  expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
  expect(document?.version()).toBe('3.0.0');
  expect(document?.allMessages().all().map((message) => message.name()).toSorted()).toEqual(eventNames.map(typeOf).toSorted());
  expect(document?.allChannels().all().map((channel) => channel.address()).toSorted()).toContain('coditect.events.{tenant}.task');
});

test('an error in it would be found', async () => {
  const broken = text().replace('#/components/messages/ai.coditect.task.ended.v1', '#/components/messages/none');
  const { diagnostics } = await new Parser().parse(broken);
  expect(diagnostics.filter(({ severity }) => severity === 0)).not.toEqual([]);
});

test.each(eventNames)('the example of %s is an event of that name, with every field', (name) => {
  const example = exampleEvent(name);
  const parsed = parseEvent(example);
  expect(parsed).toMatchObject({ kind: 'event', name });
  // Nothing was dropped: the example holds what the schema knows, and no more.
  expect(parsed.kind === 'event' && parsed.event).toEqual(example);
});

test('the schema that an event names is in the document', () => {
  const { components } = asyncapiDocument('1.2.3') as { readonly components: { readonly schemas: object } };
  expect(Object.keys(components.schemas)).toEqual(['attributes', ...eventNames.map((name) => schemaOf(name).replace('#/components/schemas/', ''))]);
});

test('the files are the same bytes each time', () => expect(eventFiles('1.2.3')).toEqual(eventFiles('1.2.3')));
