// Makes many JPEGs for the bench: node bench/make-images.mjs FOLDER [COUNT]
//
// FOLDER gets images/ and images.txt, laid out as in examples/jpg, whose px.yaml and jpg.mjs fit it.
// The same COUNT gives the same files.
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { loadEncoder, renderJpeg } from '../examples/jpg/render.mjs';
import { scenes } from '../examples/jpg/scenes.mjs';

const DEFAULT_COUNT = 1000;
const SIZE = { width: 800, height: 600 };
// Without the searches that make a JPEG smaller: they would take longer than the pictures.
const JPEG_OPTIONS = { quality: 85, progressive: false, optimize_coding: false };
const SCENES = Object.keys(scenes);

// Leading zeros, so that sorting by name keeps the order.
const imageName = (index) => `images/${String(index).padStart(5, '0')}.jpg`;

/** Renders every step-th picture from the first one on, in this thread. */
async function renderShare({ folder, count, first, step }) {
  await loadEncoder();
  for (let index = first; index < count; index += step) {
    const jpeg = await renderJpeg(SCENES[index % SCENES.length], index, SIZE, JPEG_OPTIONS);
    await writeFile(join(folder, imageName(index)), jpeg);
  }
}

function renderInThread(share) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`a thread exited with ${code}`)),
    );
  });
}

async function makeImages(folder, count) {
  const threads = Math.min(availableParallelism(), count);
  await mkdir(join(folder, 'images'), { recursive: true });
  await Promise.all(
    Array.from({ length: threads }, (_, first) =>
      renderInThread({ folder, count, first, step: threads }),
    ),
  );
  // Last, so that a run that was cut short leaves no list of files that are not there.
  await writeFile(
    join(folder, 'images.txt'),
    Array.from({ length: count }, (_, index) => `${imageName(index)}\n`).join(''),
  );
}

async function main([folder, count = String(DEFAULT_COUNT), ...more]) {
  if (folder === undefined || !/^[1-9][0-9]{0,4}$/.test(count) || more.length > 0) {
    process.stderr.write(
      'Usage: node bench/make-images.mjs FOLDER [COUNT], with COUNT from 1 to 99999\n',
    );
    process.exitCode = 2;
    return;
  }
  await makeImages(folder, Number(count));
}

await (isMainThread ? main(process.argv.slice(2)) : renderShare(workerData));
