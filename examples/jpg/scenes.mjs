// Synthetic pictures. A scene is made once per picture from a random source and gives the colour
// of a point: x runs from 0 to the picture's aspect ratio, y from 0 to 1, colours from 0 to 1.

const TAU = 2 * Math.PI;

/** Seeded (mulberry32): the same seed gives the same picture on every machine. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const between = (random, low, high) => low + (high - low) * random();
const mix = (a, b, share) => a.map((value, index) => value + (b[index] - value) * share);
const smooth = (t) => t * t * (3 - 2 * t);
const clamp = (value) => Math.min(1, Math.max(0, value));

const somePoint = (random) => [between(random, 0, 4 / 3), random()];
const someColour = (random) => [random(), random(), random()];

/** A palette after Inigo Quilez's cosine formula: every number gives a colour, without seams. */
function somePalette(random) {
  const phases = someColour(random);
  return (t) => phases.map((phase) => 0.5 + 0.5 * Math.cos(TAU * (t + phase)));
}

/** Value noise: random numbers on a lattice, smoothly joined. */
function someNoise(random) {
  const lattice = Float64Array.from({ length: 4096 }, random);
  const at = (column, row) => lattice[((column & 63) << 6) | (row & 63)];
  return (x, y) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [right, down] = [smooth(x - column), smooth(y - row)];
    const top = at(column, row) + (at(column + 1, row) - at(column, row)) * right;
    const bottom = at(column, row + 1) + (at(column + 1, row + 1) - at(column, row + 1)) * right;
    return top + (bottom - top) * down;
  };
}

/** Octaves of noise laid over one another, as in clouds; the sum stays within 0 and 1. */
function someCloud(random) {
  const noise = someNoise(random);
  return (x, y) =>
    (8 * noise(x * 4, y * 4) +
      4 * noise(x * 8, y * 8) +
      2 * noise(x * 16, y * 16) +
      noise(x * 32, y * 32)) /
    15;
}

function gradient(random) {
  const [northWest, northEast, southWest, southEast] = [random, random, random, random].map(
    someColour,
  );
  return (x, y) => mix(mix(northWest, northEast, x * 0.75), mix(southWest, southEast, x * 0.75), y);
}

function plasma(random) {
  const [cloud, palette] = [someCloud(random), somePalette(random)];
  return (x, y) => palette(cloud(x, y) * 2);
}

function ripples(random) {
  const sources = Array.from({ length: 3 }, () => somePoint(random));
  const [palette, pitch] = [somePalette(random), between(random, 40, 90)];
  return (x, y) => {
    const waves = sources.map(([left, top]) => Math.sin(pitch * Math.hypot(x - left, y - top)));
    return palette(waves.reduce((sum, wave) => sum + wave, 0) / 6);
  };
}

/** How soon z → z² + c leaves the circle of radius 4, from 0 (at once) to 1 (never). */
function escapeTime(startRe, startIm, cRe, cIm, limit) {
  let [re, im] = [startRe, startIm];
  for (let step = 0; step < limit; step += 1) {
    const [reSquared, imSquared] = [re * re, im * im];
    if (reSquared + imSquared > 16) return step / limit;
    im = 2 * re * im + cIm;
    re = reSquared - imSquared + cRe;
  }
  return 1;
}

function mandelbrot(random) {
  const [palette, zoom] = [somePalette(random), between(random, 0.02, 0.6)];
  const angle = between(random, 0.3, TAU - 0.3);
  // On the edge of the main cardioid, where there is always something to see.
  const left = Math.cos(angle) / 2 - Math.cos(2 * angle) / 4;
  const top = Math.sin(angle) / 2 - Math.sin(2 * angle) / 4;
  return (x, y) => {
    const time = escapeTime(0, 0, left + (x - 0.667) * zoom, top + (y - 0.5) * zoom, 90);
    return time === 1 ? [0, 0, 0] : palette(Math.sqrt(time) * 3);
  };
}

function julia(random) {
  const [palette, angle] = [somePalette(random), between(random, 0, TAU)];
  const [cRe, cIm] = [0.7885 * Math.cos(angle), 0.7885 * Math.sin(angle)];
  return (x, y) =>
    palette(Math.sqrt(escapeTime((x - 0.667) * 2.6, (y - 0.5) * 2.6, cRe, cIm, 70)) * 2);
}

function mosaic(random) {
  const tiles = Array.from({ length: 24 }, () => ({
    centre: somePoint(random),
    colour: someColour(random),
  }));
  return (x, y) => {
    let [nearest, second, colour] = [Infinity, Infinity, tiles[0].colour];
    for (const tile of tiles) {
      const [right, down] = [x - tile.centre[0], y - tile.centre[1]];
      const distance = Math.sqrt(right * right + down * down);
      if (distance < nearest) [nearest, second, colour] = [distance, nearest, tile.colour];
      else if (distance < second) second = distance;
    }
    return second - nearest < 0.012 ? [0.1, 0.1, 0.1] : colour;
  };
}

function hills(random) {
  const ridge = someNoise(random);
  const [sky, horizon, earth] = [someColour(random), [1, 0.8, 0.5], [0.1, 0.12, 0.2]];
  const [sunX, sunY] = [between(random, 0.3, 1), between(random, 0.15, 0.45)];
  return (x, y) => {
    for (let layer = 3; layer >= 1; layer -= 1) {
      const edge = 0.35 + 0.15 * layer + 0.2 * (ridge(x * 5 + layer * 9, layer) - 0.5);
      if (y > edge) return mix(horizon, earth, layer / 3);
    }
    const glow = Math.hypot(x - sunX, y - sunY);
    return glow < 0.09 ? [1, 0.95, 0.7] : mix(horizon, sky, clamp(glow * 1.3));
  };
}

function spheres(random) {
  const balls = Array.from({ length: 6 }, () => {
    const radius = between(random, 0.08, 0.24);
    return { centre: somePoint(random), radius, colour: someColour(random) };
  });
  return (x, y) => {
    const ball = balls.find(
      ({ centre, radius }) => Math.hypot(x - centre[0], y - centre[1]) < radius,
    );
    if (!ball) return mix([0.9, 0.9, 0.95], [0.3, 0.35, 0.5], y);
    const [right, down] = [(x - ball.centre[0]) / ball.radius, (y - ball.centre[1]) / ball.radius];
    const towardsViewer = Math.sqrt(1 - right * right - down * down);
    const light = clamp((towardsViewer - right - down) / Math.sqrt(3));
    return mix(
      ball.colour.map((value) => value * 0.2),
      mix(ball.colour, [1, 1, 1], light ** 12),
      light,
    );
  };
}

function bricks(random) {
  const [clay, grain, mortar] = [
    mix([0.7, 0.3, 0.2], someColour(random), 0.3),
    someCloud(random),
    0.03,
  ];
  const shades = Float64Array.from({ length: 256 }, random);
  return (x, y) => {
    const row = Math.floor(y * 10);
    const along = x * 5 + (row % 2) * 0.5;
    const isMortar = along % 1 < mortar || (y * 10) % 1 < mortar * 2;
    const shade = 0.6 + 0.4 * shades[(row * 16 + Math.floor(along)) & 255];
    return (isMortar ? [0.8, 0.8, 0.75] : clay).map(
      (value) => value * shade * (0.7 + 0.5 * grain(x * 4, y * 4)),
    );
  };
}

function night(random) {
  const [cloud, haze] = [someCloud(random), someColour(random)];
  const stars = Array.from({ length: 70 }, () => ({
    centre: somePoint(random),
    size: between(random, 0.001, 0.004),
  }));
  return (x, y) => {
    let light = 0;
    for (const { centre, size } of stars) {
      const [right, down] = [x - centre[0], y - centre[1]];
      const squared = right * right + down * down;
      if (squared < 0.0025) light += (size / (Math.sqrt(squared) + 0.001)) ** 2;
    }
    return mix(mix([0.02, 0.02, 0.08], haze, cloud(x, y) ** 3), [1, 1, 1], clamp(light));
  };
}

// Letters of three by five dots, one string a letter, read row by row.
const LETTERS = [
  '111101111100100',
  '101101010101101',
  '010101111101101',
  '111010010010111',
  '110101110101110',
];

function page(random) {
  const [paper, ink] = [
    mix([1, 1, 0.95], someColour(random), 0.1),
    mix([0, 0, 0.1], someColour(random), 0.3),
  ];
  const text = Array.from({ length: 512 }, () => Math.floor(random() * (LETTERS.length + 1)));
  return (x, y) => {
    const [column, row] = [Math.floor(x * 80), Math.floor(y * 60)];
    const [dotColumn, dotRow] = [column % 4, row % 7];
    // One past the last letter is the space between words.
    const letter = LETTERS[text[(Math.floor(row / 7) * 31 + Math.floor(column / 4)) & 511]];
    const isInk = dotColumn < 3 && dotRow < 5 && letter?.[dotRow * 3 + dotColumn] === '1';
    return isInk ? ink : paper;
  };
}

export const scenes = {
  gradient,
  plasma,
  ripples,
  mandelbrot,
  julia,
  mosaic,
  hills,
  spheres,
  bricks,
  night,
  page,
};
