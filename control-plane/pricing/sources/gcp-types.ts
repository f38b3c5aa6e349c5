/** Generations that Google calls previous, and the shared-core ones before e2. */
const PREVIOUS = new Set(['n1', 'c2', 'm1', 'm2', 'f1', 'g1']);
const ARM = new Set(['t2a', 'c4a', 'n4a', 'a4x']);
const SHARED_CORE = /^(e2-(micro|small|medium)|f1-micro|g1-small)$/;

/** `n2` of `n2-standard-8`. */
export const gcpFamily = (name: string): string => name.split('-', 1)[0] ?? name;

/** What a machine's name says. */
export const gcpTraits = (name: string) => ({
  arch: ARM.has(gcpFamily(name)) ? 'arm64' : 'x86_64',
  burstable: SHARED_CORE.test(name),
  bareMetal: name.endsWith('-metal'),
  prevGen: PREVIOUS.has(gcpFamily(name)),
});
