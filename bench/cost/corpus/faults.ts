// The faults that missions ask to mend: one in each, of many kinds. `right` stands once in its file; a mission's repository has `wrong` in its place.

/** A seeded fault, and what somebody who suffers from it would say. */
export interface Fault {
  readonly repository: string;
  readonly file: string;
  readonly kind: string;
  readonly right: string;
  readonly wrong: string;
  readonly goal: string;
}

type Row = readonly [kind: string, file: string, right: string, wrong: string, goal: string];

const byRepository: Readonly<Record<string, readonly Row[]>> = {
  shop: [
    ['rounding', 'src/money.js', 'Math.round(amount', 'Math.floor(amount', 'Amounts with more than two decimals lose a cent.'],
    ['padding', 'src/money.js', 'padStart', 'padEnd', 'Amounts such as 12.05 are shown as 12.50.'],
    ['boundary', 'src/discount.js', 'pieces >= from', 'pieces > from', 'Somebody who buys exactly ten pieces does not get the discount.'],
    ['missing default', 'src/tax.js', 'rates[kind] ?? 19', 'rates[kind]', 'The tax of goods of an unknown kind is not a number.'],
    ['mutation of input', 'src/cart.js', 'cart.lines.toSorted(', 'cart.lines.sort(', 'Looking at the dearest lines changes the order of the cart.'],
    ['wrong default', 'src/cart.js', 'postage = 490', 'postage = 49', 'Postage of small orders is far too low.'],
    ['wrong operator', 'src/discount.js', 'return cents - Math.round(', 'return cents + Math.round(', 'Discounts make orders dearer.'],
  ],
  calendar: [
    ['regular expression', 'src/time.js', String.raw`(\d{2})$/`, String.raw`(\d{2})/`, 'A time with a digit too many is taken for a time.'],
    ['wrong unit', 'src/time.js', 'Number(match[1]) * 60', 'Number(match[1]) * 100', 'Times are read as if an hour had a hundred minutes.'],
    ['boundary', 'src/interval.js', 'b.start < a.end', 'b.start <= a.end', 'A room cannot be booked right after another booking.'],
    ['swapped operands', 'src/rooms.js', 'a.seats - b.seats', 'b.seats - a.seats', 'Small groups get the largest room.'],
    ['missing null check', 'src/rooms.js', 'room.equipment?.includes', 'room.equipment.includes', 'The list of projectors breaks on rooms of which no equipment is known.'],
    ['missing await', 'src/desk.js', 'await store.add(', 'store.add(', 'A booking is confirmed before it is stored.'],
    ['wrong quantifier', 'src/rooms.js', 'room.bookings.every(', 'room.bookings.some(', 'Rooms are handed out although they are taken.'],
  ],
  queue: [
    ['stale cache', 'src/queue.js', 'else this.#items.splice(at, 0, item);\n    this.#counts.delete(priority);', 'else this.#items.splice(at, 0, item);', 'The number of waiting messages stays the same when more come.'],
    ['order of equals', 'src/queue.js', 'item.priority < priority)', 'item.priority <= priority)', 'Messages of equal priority are served in the wrong order.'],
    ['off by one', 'src/backoff.js', '(failures - 1)', 'failures', 'Retries wait twice as long as they should.'],
    ['wrong unit', 'src/limiter.js', '60 * 1000', '60', 'The limit of calls a minute lets far too many through.'],
    ['wrong end of a list', 'src/queue.js', 'this.#items.shift()', 'this.#items.pop()', 'The least important message is served first.'],
    ['missing await', 'src/worker.js', 'await handler(', 'handler(', 'Failures of handlers are not caught.'],
    ['missing default', 'src/worker.js', 'counts[state] ?? 0', 'counts[state]', 'The numbers of handled messages are not numbers.'],
  ],
  text: [
    ['regular expression', 'src/slug.js', '/[^a-z0-9]+/g', '/[^a-z0-9]/g', 'Addresses of pages have several hyphens in a row.'],
    ['case of letters', 'src/slug.js', '.toLowerCase()', '.toUpperCase()', 'Addresses of pages are empty but for numbers.'],
    ['off by one', 'src/template.js', 'match[1]', 'match[0]', 'The names of places are told with their braces.'],
    ['missing null check', 'src/template.js', 'value?.[name]', 'value[name]', 'A template with a name that is not known breaks the report.'],
    ['off by one', 'src/wrap.js', 'most - 3', 'most', 'Shortened texts are longer than they may be.'],
    ['boundary', 'src/wrap.js', 'longer.length > width', 'longer.length >= width', 'Lines end although a word would still have had room.'],
  ],
  router: [
    ['missing case', 'src/methods.js', "['GET', 'HEAD', 'OPTIONS']", "['GET', 'HEAD']", 'Browsers are refused when they ask for options.'],
    ['negation', 'src/match.js', "!part.startsWith(':')", "part.startsWith(':')", 'The route with a place wins over the one that fits exactly.'],
    ['wrong bound', 'src/query.js', 'Math.min(100', 'Math.max(100', 'Pages have at least a hundred rows.'],
    ['off by one', 'src/query.js', '(page - 1) * size', 'page * size', 'The first page of every list is missing.'],
    ['wrong function', 'src/match.js', 'decodeURIComponent(given', 'encodeURIComponent(given', 'Names with a blank arrive as percent signs.'],
    ['sort direction', 'src/accept.js', 'b.quality - a.quality', 'a.quality - b.quality', 'Clients get the format that they want least.'],
  ],
  ledger: [
    ['sign', 'src/transfer.js', 'cents: -cents', 'cents: cents', 'Who pays gets richer.'],
    ['swapped arguments', 'src/transfer.js', 'await transfer(store, from, to, cents)', 'await transfer(store, to, from, cents)', 'Orders take the money from those who should get it.'],
    ['rounding', 'src/interest.js', 'Math.ceil(cents / months)', 'Math.round(cents / months)', 'The rates of a loan do not cover it.'],
    ['wrong variable', 'src/transfer.js', 'booked(payee, {', 'booked(payer, {', 'After a transfer the receiver has the bookings of the payer.'],
    ['missing await', 'src/transfer.js', 'const result = await transfer(', 'const result = transfer(', 'The number of orders that went through is always 0.'],
    ['missing default', 'src/statement.js', "booking.category ?? 'other'", 'booking.category', 'Bookings without a category are under "undefined".'],
    ['wrong remainder', 'src/number.js', 'index % 2 === 1', 'index % 2 === 0', 'Right account numbers are refused.'],
  ],
  stats: [
    ['order of texts', 'src/summary.js', 'const sorted = values.toSorted((a, b) => a - b);\n  const middle', 'const sorted = values.toSorted();\n  const middle', 'The middle of numbers with different lengths is wrong.'],
    ['mutation of input', 'src/summary.js', 'const sorted = values.toSorted((a, b) => a - b);\n  const rank', 'const sorted = values.sort((a, b) => b - a);\n  const rank', 'Percentiles are upside down.'],
    ['missing absolute value', 'src/spread.js', 'Math.abs(value - middle)', '(value - middle)', 'Values that are far too small are not found.'],
    ['tie', 'src/histogram.js', 'next.count > best.count', 'next.count >= best.count', 'Of two equal classes the last one is taken.'],
    ['wrong field', 'src/histogram.js', "'*'.repeat(Math.round((count / most)", "'*'.repeat(Math.round((most / count)", 'Small classes have the longest bars.'],
    ['off by one', 'src/window.js', 'index + 1)))', 'index)))', 'Moving means leave the newest value out.'],
    ['wrong unit', 'src/window.js', '/ second)', '/ 1)', 'Rates are a thousand times too small.'],
  ],
};

type LaterRow = readonly [repository: string, ...row: Row];

// Written later and blind: whoever wrote them had not seen what the scripts can mend. They replace two held-out missions that were looked at, so their order is such that every name is held out.
// They stand last, because a name has its number from its place. Another one goes to the end.
const laterRows: readonly LaterRow[] = [
  ['text', 'forgotten reset', 'src/csv.js', "found.push(cell);\n      cell = '';\n", 'found.push(cell);\n', 'Every cell of a table begins with the text of the cells before it.'],
  ['ledger', 'operator precedence', 'src/interest.js', '/ (100 * daysOfYear)', '/ 100 * daysOfYear', 'Savers are paid interest in the millions.'],
  ['stats', 'wrong base', 'src/compare.js', ') / median(base)) * 100', ') / median(values)) * 100', 'A series that is twice as high as usual is told to be up by 50 percent.'],
  ['router', 'overwritten value', 'src/query.js', 'name in fields ? [fields[name], value].flat() : value', 'value', 'Who ticks several boxes of a form finds only the last one sent.'],
  ['calendar', 'lost maximum', 'src/interval.js', 'last.end = Math.max(last.end, end)', 'last.end = end', 'The afternoon of a day-long meeting is shown as free when a short one lies within it.'],
  ['shop', 'order of rules', 'src/discount.js', '{ from: 100, percent: 10 },\n  { from: 50, percent: 5 },\n  { from: 10, percent: 2 },', '{ from: 10, percent: 2 },\n  { from: 50, percent: 5 },\n  { from: 100, percent: 10 },', 'However much a customer orders, the discount is never more than 2 percent.'],
  ['ledger', 'wrong start', 'src/statement.js', 'let balance = 0;', 'let balance = balanceOf(account);', 'The balances on a statement do not fit its bookings from the first line on.'],
  ['queue', 'order of removal', 'src/cache.js', '    this.#entries.delete(key);\n', '', 'A full cache throws out the entry that was just renewed.'],
];

function faultOf(repository: string, [kind, file, right, wrong, goal]: Row): Fault {
  return { repository, file, kind, right, wrong, goal };
}

/** Those that were written later, all of them held out. */
export const laterFaults: readonly Fault[] = laterRows.map(([repository, ...row]) => faultOf(repository, row));

/** All faults, in their order. */
export const faults: readonly Fault[] = [...Object.entries(byRepository).flatMap(([repository, rows]) => rows.map((row) => faultOf(repository, row))), ...laterFaults];
