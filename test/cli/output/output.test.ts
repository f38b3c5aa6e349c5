import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOutput, type OutputOptions } from '../../../cli/output/create-output.ts';
import { renderTable } from '../../../cli/output/table.ts';
import { age, duration, size, span, usd } from '../../../cli/output/units.ts';
import { visible } from '../../../cli/output/visible.ts';

const made = (options: Partial<OutputOptions> & { tty?: number } = {}) => {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({
    isTTY: options.tty !== undefined,
    columns: options.tty,
    write: async (bytes: Uint8Array) => {
      written[name] += Buffer.from(bytes).toString();
    },
  });
  const output = createOutput({
    stdout: sink('out'),
    stderr: sink('err'),
    env: {},
    quiet: false,
    json: false,
    verbose: false,
    color: 'never',
    ...options,
  });
  return { output, written };
};

const HEAD = ['ID', 'COMMAND', 'N'];
const ROWS = [
  ['j1', 'echo \u001b[31mred\u0007', '1'],
  ['j22', '日本語', '22'],
];

describe('a table', () => {
  test('off a terminal has tabs between whole cells', async () => {
    const { output, written } = made();
    output.table(HEAD, ROWS);
    await output.flush();
    assert.equal(written.out, 'ID\tCOMMAND\tN\nj1\techo \\x1b[31mred\\x07\t1\nj22\t日本語\t22\n');
  });

  test('on a terminal is aligned by the width of its characters', async () => {
    const { output, written } = made({ tty: 80 });
    output.table(HEAD, ROWS);
    await output.flush();
    assert.equal(
      written.out,
      'ID   COMMAND               N\nj1   echo \\x1b[31mred\\x07  1\nj22  日本語                22\n',
    );
  });

  test('is cut to the terminal at its widest column', () => {
    const lines = renderTable(['A', 'B'], [['short', 'x'.repeat(50)]], {
      columns: 20,
      bold: false,
    });
    assert.equal(lines[1], `short  ${'x'.repeat(12)}…`);
  });

  test('keeps its first column whole, and fits where there is little room', () => {
    const lines = renderTable(
      ['ID', 'STATE', 'COMMAND', 'CLUSTER'],
      [['j0123456789', 'succeeded', 'x'.repeat(50), 'local']],
      { columns: 30, bold: false },
    );
    assert.equal(lines[1], 'j0123456789  succeed…  xxxxxx…');
  });

  test('on a narrow terminal does without spare columns, first without those that say nothing', () => {
    const head = ['TYPE', 'MODE', 'GPU', 'TOTAL'];
    const rows = [['e2-standard-4', 'on demand', '-', '$0.1340']];
    const shown = (columns: number): string | undefined =>
      renderTable(head, rows, { columns, bold: false, spare: ['MODE', 'GPU'] })[1];
    assert.equal(shown(40), 'e2-standard-4  on demand  -    $0.1340');
    assert.equal(shown(36), 'e2-standard-4  on demand  $0.1340');
    assert.equal(shown(30), 'e2-standard-4  $0.1340');
  });

  test('is cut to COLUMNS, which outranks the terminal', async () => {
    const { output, written } = made({ tty: 200, env: { COLUMNS: '30' } });
    output.table(['A'], [['y'.repeat(100)]]);
    await output.flush();
    assert.equal(written.out, `A\n${'y'.repeat(29)}…\n`);
  });

  test('under -q is its first column', async () => {
    const { output, written } = made({ quiet: true, tty: 80 });
    output.table(HEAD, ROWS);
    await output.flush();
    assert.equal(written.out, 'j1\nj22\n');
  });

  test('comes before what is written behind it', async () => {
    const { output, written } = made();
    output.table(['A'], [['1']]);
    await output.write(1, Buffer.from('end\n'));
    assert.equal(written.out, 'A\n1\nend\n');
  });
});

test('words go to stderr behind <px>, line by line, with controls made visible', () => {
  const { output, written } = made();
  output.say('one\ntwo\u001b]0;title\u0007');
  output.detail('hidden');
  assert.deepEqual(written, { out: '', err: '<px> one\n<px> two\\x1b]0;title\\x07\n' });
});

test('-q drops words but no warnings, -v adds details', () => {
  const quiet = made({ quiet: true });
  quiet.output.say('word');
  quiet.output.warn('warning');
  assert.equal(quiet.written.err, '<px> warning\n');
  const verbose = made({ verbose: true });
  verbose.output.detail('detail');
  assert.equal(verbose.written.err, '<px> detail\n');
});

test('control characters, C1 controls and marks of direction are made visible', () => {
  assert.equal(visible('a\tb\r\n\u0000\u007f\u009b31m'), 'a\\tb\\r\\n\\x00\\x7f\\x9b31m');
  assert.equal(visible('user\u202egpj.exe'), 'user\\u202egpj.exe');
  assert.equal(visible('ünï 日本 ✅'), 'ünï 日本 ✅');
});

test('a bar is as wide as the terminal, and gone before the next words and at the end', async () => {
  const { output, written } = made({ tty: 20 });
  await output.bar('<px> half of what there is');
  await output.bar('<px> more');
  output.say('word');
  output.say('another');
  await output.bar('<px> last');
  await output.flush();
  const erase = '\r\u001b[K';
  assert.equal(
    written.err,
    `<px> half of what t${erase}<px> more${erase}<px> word\n<px> another\n<px> last${erase}`,
  );
  const piped = made();
  await piped.output.bar('<px> half');
  assert.equal(piped.written.err, '');
});

test('a broken stdout shows at the flush, a broken stderr never', async () => {
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const broken = { isTTY: false, columns: undefined, write: () => Promise.reject(gone) };
  const { output } = made({ stdout: broken, stderr: broken });
  output.say('word');
  output.json({});
  await assert.rejects(output.flush(), gone);
});

test('durations, ages, sizes and amounts read as people write them', () => {
  assert.deepEqual([0, 14_700, 59_960, 192_000, 7_500_000, 273_600_000].map(duration), [
    ...['0.0s', '14.7s', '1m00s', '3m12s', '2h05m', '3d04h'],
  ]);
  assert.deepEqual([999, 61_000, 3_600_000, 200_000_000].map(age), ['0s', '1m', '1h', '2d']);
  assert.deepEqual([90_000, 900_000, 86_400_000, 5_400_000, 500].map(span), [
    ...['90s', '15m', '24h', '1h30m', '0.5s'],
  ]);
  assert.deepEqual([512, 1536, 8 * 2 ** 30].map(size), ['512 B', '1.5 KB', '8.0 GB']);
  assert.deepEqual([0, 0.001, 0.014, 12].map(usd), ['$0.00', '<$0.01', '$0.01', '$12.00']);
});

test('under --json stderr holds JSON alone: words by the way are dropped, warnings are objects', async () => {
  const { output, written } = made({ json: true, verbose: true, tty: 80 });
  output.say('Submitting');
  output.detail('more');
  await output.bar('<px> 1/2');
  output.warn('Kept your changed file');
  output.json({ ok: true });
  await output.flush();
  assert.equal(written.err, '{"warning":"Kept your changed file"}\n');
  assert.equal(written.out, '{"ok":true}\n');
});
