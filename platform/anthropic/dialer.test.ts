import { expect, test } from 'vitest';
import { createDialer, type Destination } from './dialer.ts';

const here: Destination = { baseUrl: 'https://a:1', tls: { ca: 'ca', cert: 'cert', key: 'key', servername: 'gateway' } };

function aDialer() {
  const log: string[] = [];
  let dialled = 0;
  const dialer = createDialer(() => {
    const number = ++dialled;
    log.push(`dial ${number}`);
    return { number, close: async () => void log.push(`close ${number}`) };
  });
  return { dialer, log };
}

test('the same destination has the same connections', () => {
  const { dialer, log } = aDialer();
  expect(dialer.to(here)).toBe(dialer.to({ ...here, tls: { ...here.tls } }));
  expect(log).toEqual(['dial 1']);
});

const others: Record<string, Destination> = {
  'another address': { ...here, baseUrl: 'https://b:1' },
  'a renewed certificate': { ...here, tls: { ...here.tls, cert: 'next', key: 'next' } },
  'another bundle of CAs': { ...here, tls: { ...here.tls, ca: 'ca and next' } },
};
test.each(Object.entries(others))('%s is dialled anew, and what was open is closed', async (_, other) => {
  const { dialer, log } = aDialer();
  expect([dialer.to(here).number, dialer.to(other).number, dialer.to(other).number]).toEqual([1, 2, 2]);
  await dialer.close();
  expect(log).toEqual(['dial 1', 'close 1', 'dial 2', 'close 2']);
});
