import { expect, test } from 'vitest';
import { Endpoints } from '#api/endpoints.ts';
import { endpointsOf } from './endpoints.ts';

const ports = (entries: Record<string, number>) => new Map(Object.entries(entries));

test('operators have three ports, the blob service and the LLM gateway one, the mirror two; others do not count', () => {
  const pods = [
    { name: 'op-b', ports: ports({ api: 3, work: 4, enrolment: 5, health: 6 }) },
    { name: 'op-a', ports: ports({ api: 1, work: 2, enrolment: 7 }) },
    { name: 'half', ports: ports({ api: 8, work: 9 }) },
    { name: 'blobs', ports: ports({ blobs: 10 }) },
    { name: 'agent', ports: ports({ health: 11 }) },
    { name: 'llm', ports: ports({ llm: 12, health: 13 }) },
    { name: 'mirror', ports: ports({ intake: 14, health: 15, history: 16 }) },
    { name: 'starting', ports: ports({}) },
  ];
  const endpoints = endpointsOf(pods, 'PEM');
  expect(endpoints).toEqual({
    operators: [{ pod: 'op-a', api: '127.0.0.1:1', work: '127.0.0.1:2', enrolment: '127.0.0.1:7' }, { pod: 'op-b', api: '127.0.0.1:3', work: '127.0.0.1:4', enrolment: '127.0.0.1:5' }],
    blobs: '127.0.0.1:10',
    llm: '127.0.0.1:12',
    mirror: '127.0.0.1:14',
    history: '127.0.0.1:16',
    ca: 'PEM',
  });
  expect(Endpoints.parse(endpoints)).toEqual(endpoints);
});

test('an empty installation is a valid file', () => {
  expect(Endpoints.parse(endpointsOf([], undefined))).toEqual({ operators: [] });
});
