/** AWS's list of previous generations (aws.amazon.com/ec2/previous-generation); `currentGeneration` lies. */
const PREVIOUS = new Set(
  'a1 c1 c3 c4 cc1 cc2 cg1 cr1 d2 f1 g2 g3 g3s hi1 hs1 i2 m1 m2 m3 m4 p2 r3 r4 t1 t2'.split(' '),
);

/** Cores that share: credits, or a fraction of a core. */
const BURSTABLE = new Set(['t1', 't2', 't3', 't3a', 't4g']);

/** GPUs by family, as aws.amazon.com/ec2/instance-types names them; the price list has their number alone. */
const GPUS: Record<string, string> = {
  g2: 'K520',
  g3: 'M60',
  g3s: 'M60',
  g4ad: 'Radeon Pro V520',
  g4dn: 'T4',
  g5: 'A10G',
  g5g: 'T4g',
  g6: 'L4',
  g6f: 'L4',
  gr6: 'L4',
  gr6f: 'L4',
  g6e: 'L40S',
  g7: 'RTX PRO 4500',
  g7e: 'RTX PRO Server 6000',
  p2: 'K80',
  p3: 'V100',
  p3dn: 'V100',
  p4d: 'A100',
  p4de: 'A100',
  p5: 'H100',
  p5e: 'H200',
  p5en: 'H200',
  'p6-b200': 'B200',
  'p6-b300': 'B300',
  'p6e-gb200': 'GB200',
};

/** Families with accelerators that are no GPUs: nobody should pay for one unasked. */
const ACCELERATORS = /^(inf|trn|dl|vt|f)\d/;

const familyOf = (name: string): string => name.split('.', 1)[0] ?? name;

/** Graviton families carry a `g` behind their number (m7g, c7gn, im4gn, x2gd); a1 was the first. */
const isArm = (family: string, processor: string): boolean =>
  /graviton|grace/i.test(processor) || family === 'a1' || /^[a-z]+\d+[a-z]*g/.test(family);

/** Shares of a GPU (g6f) are an eighth at least; accelerators are not counted at all. */
const uncounted = (family: string): number => {
  if (family in GPUS) return 0.125;
  return ACCELERATORS.test(family) ? 1 : 0;
};

/** What a type's name says, with its processor where the list names one. `gpus`: as the list counts them. */
export const awsTraits = (name: string, processor: string, gpus: number) => {
  const family = familyOf(name);
  const gpuCount = gpus > 0 ? gpus : uncounted(family);
  return {
    arch: isArm(family, processor) ? 'arm64' : 'x86_64',
    burstable: BURSTABLE.has(family),
    bareMetal: /\.metal/.test(name),
    prevGen: PREVIOUS.has(family),
    gpuCount,
    gpuName: gpuCount === 0 ? '' : (GPUS[family] ?? 'accel'),
  };
};

/** `2 x 1900 NVMe SSD`, `1 x 475 GB`, `900 GB NVMe SSD`, `EBS only`. */
export const localDiskGb = (storage: string): number => {
  const [, count = '1', size = '0'] =
    /^(?:([\d,]+)\s*x\s*)?([\d,]+)\s*(?:GB|NVMe|SSD|HDD|$)/i.exec(storage.trim()) ?? [];
  return Number(count.replaceAll(',', '')) * Number(size.replaceAll(',', ''));
};
