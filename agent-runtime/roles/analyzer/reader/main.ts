// The child that parses. A few kilobytes of hostile text can make a parser take all memory or run for hours, in native code that nothing interrupts;
// here it takes only this process with it. It reads what it is sent and opens no file.
import { messageOf } from '#platform/errors.ts';
import { readFacts, type Source } from '#agent-runtime/roles/analyzer/facts.ts';
import type { Answer } from './reader.ts';

if (process.send === undefined) console.log('usage: started by the agent, which sends it files over a channel: answers with what their syntax says');
process.on('message', (source: Source) => void answer(source).then((found) => process.send?.(found)));
// A parser at work would delay an orderly exit.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function answer(source: Source): Promise<Answer> {
  try {
    return { kind: 'read', facts: await readFacts(source) };
  } catch (error) {
    return { kind: 'unread', why: messageOf(error) };
  }
}
