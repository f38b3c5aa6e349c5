// Turns JPEG files into JPEG XL files beside them: node jpg.mjs a.jpg b.jpg …
//
// Nothing here knows about px. Both codecs are WebAssembly from npm, so no compiler and no system
// library is needed on the machine that runs this.
import { readFile, rename, writeFile } from 'node:fs/promises';
import process from 'node:process';
import decodeJpeg, { init as initDecoder } from '@jsquash/jpeg/decode.js';
import encodeJxl, { init as initEncoder } from '@jsquash/jxl/encode.js';

// Effort 1 is the fastest and 9 gives the smallest files; 7 is the codec's own default.
const EFFORT = process.env.JXL_EFFORT ?? '7';
const QUALITY = 80;
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];

// What the decoder says of the file in hand. It names no file, so it is told further down.
const complaints = [];

// Compiled once per process, which is why px hands one process many files. The codecs would fetch
// their .wasm by URL, which Node refuses for files, so it is read from disk.
const [decoderWasm, encoderWasm] = await Promise.all([
  compile('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'),
  compile('@jsquash/jxl/codec/enc/jxl_enc.wasm'),
]);
await initEncoder(encoderWasm);
await loadDecoder();

async function compile(specifier) {
  return WebAssembly.compile(await readFile(new URL(import.meta.resolve(specifier))));
}

async function loadDecoder() {
  await initDecoder(decoderWasm, { printErr: (text) => complaints.push(text) });
}

function jxlName(name) {
  return `${name.replace(/\.jpe?g$/i, '')}.jxl`;
}

async function decode(bytes) {
  if (!JPEG_SIGNATURE.every((byte, index) => bytes[index] === byte))
    throw new Error('not a JPEG file');
  complaints.length = 0;
  const image = await decodeJpeg(bytes).catch(async () => {
    // A decoder that gave up stays broken, so the next file gets a fresh one.
    await loadDecoder();
  });
  // Half a picture is no success: a truncated file decodes to grey below the cut.
  if (image === undefined || complaints.length > 0)
    throw new Error(['damaged JPEG file', ...complaints].join(': '));
  return image;
}

async function convert(name) {
  const jpeg = await readFile(name);
  const options = { effort: Number(EFFORT), quality: QUALITY };
  const jxl = new Uint8Array(await encodeJxl(await decode(jpeg), options));
  const target = jxlName(name);
  // Written aside and renamed: who looks for *.jxl at any moment sees whole files only.
  const partial = `${target}.${process.pid}.part`;
  await writeFile(partial, jxl);
  await rename(partial, target);
  return `${name} ${jpeg.length} -> ${target} ${jxl.length}`;
}

function fail(message, status) {
  process.stderr.write(`${message}\n`);
  process.exitCode = status;
}

async function main(names) {
  if (names.length === 0) return fail('Usage: node jpg.mjs FILE.jpg…', 2);
  // The codec takes any number and makes something of it.
  if (!/^[1-9]$/.test(EFFORT))
    return fail(`jpg.mjs: expected JXL_EFFORT from 1 to 9, got '${EFFORT}'`, 2);
  for (const name of names) {
    try {
      process.stdout.write(`${await convert(name)}\n`);
    } catch (error) {
      fail(`jpg.mjs: ${name}: ${error.message}`, 1);
    }
  }
}

await main(process.argv.slice(2));
