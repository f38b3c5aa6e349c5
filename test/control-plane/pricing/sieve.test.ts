import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sieve } from '../../../control-plane/pricing/sieve.ts';

const TEXT = `preamble
"term","note"
"OnDemand","plain"
"Reserved","dropped"
"OnDemand","a ""quoted"" line
end, and Reserved"
"Reserved","another
line end"
"OnDemand","last"`;

const KEPT = `preamble
"term","note"
"OnDemand","plain"
"OnDemand","a ""quoted"" line
end, and Reserved"
"OnDemand","last"`;

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) {
    yield new TextEncoder().encode(text.slice(at, at + size));
  }
}

const sifted = async (text: string, size: number, recordMaxBytes = 1000): Promise<string> => {
  const tooLong = (): Error => new RangeError('too long');
  const options = { needle: 'OnDemand', head: 2, recordMaxBytes, tooLong };
  const decoder = new TextDecoder();
  let found = '';
  for await (const piece of sieve(inPieces(text, size), options)) found += decoder.decode(piece);
  return found;
};

test('records that cannot count are dropped, wherever the text is cut', async () => {
  for (let size = 1; size <= TEXT.length; size++) {
    assert.equal(await sifted(TEXT, size), KEPT, `pieces of ${size} bytes`);
  }
});

test('a text without a record that counts leaves its head', async () => {
  assert.equal(await sifted('a\nb\nReserved\n', 4), 'a\nb\n');
});

test('a record without an end is refused before it fills the memory', async () => {
  await assert.rejects(sifted(`a\nb\n"${'x'.repeat(500)}`, 10, 100), /too long/);
});
