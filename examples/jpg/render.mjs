// Renders the pictures of this example, so that the repository holds nobody else's photos:
// node render.mjs [FOLDER]
//
// bench/make-images.mjs makes its larger pictures with the same functions.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import encodeJpeg, { init as initEncoder } from '@jsquash/jpeg/encode.js';
import { scenes, seededRandom } from './scenes.mjs';

const SIZE = { width: 240, height: 180 };

// One name has a space, since file names do.
const PICTURES = [
  ['blend', 'gradient', 1],
  ['brick wall', 'bricks', 2],
  ['clouds', 'plasma', 3],
  ['evening', 'hills', 5],
  ['islands', 'julia', 4],
  ['lagoon', 'julia', 12],
  ['letters', 'page', 6],
  ['marbles', 'spheres', 7],
  ['mosaic', 'mosaic', 8],
  ['night', 'night', 9],
  ['pond', 'ripples', 10],
  ['seahorse', 'mandelbrot', 11],
];

/** The pixels of one scene, as the codecs take them: four bytes each, red, green, blue, opaque. */
export function renderScene(name, seed, { width, height }) {
  const colourAt = scenes[name](seededRandom(seed));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const [red, green, blue] = colourAt(column / height, row / height);
      data.set([red * 255, green * 255, blue * 255, 255], (row * width + column) * 4);
    }
  }
  return { data, width, height };
}

/** Loads the encoder from disk, because Node does not fetch file URLs. Call it before renderJpeg. */
export async function loadEncoder() {
  const wasm = await readFile(
    new URL(import.meta.resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm')),
  );
  await initEncoder(await WebAssembly.compile(wasm));
}

/** One scene as the bytes of a JPEG file. `options` are those of @jsquash/jpeg. */
export async function renderJpeg(name, seed, size, options = { quality: 85 }) {
  return new Uint8Array(await encodeJpeg(renderScene(name, seed, size), options));
}

async function main(folder) {
  await loadEncoder();
  await mkdir(join(folder, 'images'), { recursive: true });
  for (const [name, scene, seed] of PICTURES) {
    await writeFile(join(folder, 'images', `${name}.jpg`), await renderJpeg(scene, seed, SIZE));
  }
  await writeFile(
    join(folder, 'images.txt'),
    PICTURES.map(([name]) => `images/${name}.jpg\n`).join(''),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url)));
}
