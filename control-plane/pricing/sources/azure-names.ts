/** What the name of an Azure size says: `Standard_E4-2ads_v5` is family E, 4, 2, ads, 5. */
export interface SizeName {
  family: string;
  /** vCPUs of the full size, which its memory goes by; of the oldest series a mere number. */
  number: number;
  /** Of a constrained size: fewer vCPUs, the same memory and price. */
  constrained: number | null;
  features: string;
  version: number;
  /** The words between: `A100`, `cc`, `Promo`. */
  words: readonly string[];
}

const NAME = /^Standard_([A-Z]+)(\d+)(?:-(\d+))?([a-z]*)((?:_[A-Za-z0-9]+)*)$/;

/** Null where it is no name of the pattern (Basic_A0, for one). */
export const parseSizeName = (name: string): SizeName | null => {
  const [, family, number, constrained, features = '', tail = ''] = NAME.exec(name) ?? [];
  if (family === undefined || number === undefined) return null;
  const words = tail.split('_').filter((word) => word !== '');
  const version = words.find((word) => /^v\d+$/.test(word));
  return {
    family,
    number: Number(number),
    constrained: constrained === undefined ? null : Number(constrained),
    features,
    version: version === undefined ? 1 : Number(version.slice(1)),
    words: words.filter((word) => word !== version),
  };
};
