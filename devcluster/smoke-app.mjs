// The program of the smoke test's image: says what it sees, serves its health port, ends on SIGTERM.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const say = (line) => process.stdout.write(`${line}\n`);
const { CONFIG, SECRET, POD_NAME, TOKEN_FILE, INIT_FILE, CRASH, CODITECT_PORT_HEALTH: port } = process.env;

if (CRASH !== undefined) {
  process.stderr.write('crashing\n');
  process.exit(3);
}
say(`uid ${process.getuid()}`);
say(`config ${CONFIG}`);
say(`secret ${SECRET}`);
say(`name ${POD_NAME}`);
if (TOKEN_FILE !== undefined) say(`audience ${JSON.parse(Buffer.from(readFileSync(TOKEN_FILE, 'utf8').split('.')[1], 'base64url')).aud}`);
if (INIT_FILE !== undefined) say(`init ${readFileSync(INIT_FILE, 'utf8').trim()}`);
createServer((_, response) => response.end('ok')).listen(Number(port ?? 0), '127.0.0.1');
process.once('SIGTERM', () => {
  say('goodbye');
  process.exit(0);
});
