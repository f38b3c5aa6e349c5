/** Names that stand for many regions, wherever a region can be named. */
export const REGION_GROUPS = ['us', 'eu', 'asia'] as const;
type RegionGroup = (typeof REGION_GROUPS)[number];

/** No restriction. */
export const ANY_REGION = 'any';

interface Rule {
  cloud: string;
  us: RegExp;
  eu: RegExp;
  asia: RegExp;
}

// eu is the European Union, as buckets and contracts mean it: London, Zurich and Oslo are Europe but
// not EU. asia leaves out the Middle East and Australia. Government clouds belong to no group.
const RULES: readonly Rule[] = [
  {
    cloud: 'gcp',
    us: /^us-/,
    eu: /^europe-(central2|north1|north2|southwest1|west1|west3|west4|west8|west9|west10|west12)$/,
    asia: /^asia-/,
  },
  {
    cloud: 'aws',
    us: /^us-(east|west)-/,
    eu: /^(eu-(central-1|north-1|south-1|south-2|west-1|west-3)|eusc-de-east-1)(-|$)/,
    asia: /^ap-(east|south|northeast|southeast-(1|3|5|7))(-|$)/,
  },
  {
    cloud: 'azure',
    us: /^(eastus[23]?|westus[23]?|centralus|northcentralus|southcentralus|westcentralus|southeastus\d?)$/,
    eu: /^(northeurope|westeurope|francecentral|francesouth|germany(north|westcentral)|italynorth|spaincentral|swedencentral|swedensouth|polandcentral|austriaeast|belgiumcentral|denmarkeast|finlandcentral|greececentral)$/,
    asia: /^(eastasia|southeastasia|japan(east|west)|korea(central|south)|(central|south|west)india|jioindia(central|west)|indonesiacentral|malaysia(west|south)|taiwannorth(west)?|southcentralindia)$/,
  },
  {
    cloud: 'digitalocean',
    us: /^(nyc|sfo|atl|ric)\d$/,
    eu: /^(ams|fra)\d$/,
    asia: /^(sgp|blr)\d$/,
  },
];

/** Where a cluster comes up when nobody says where: the largest region, which is among the cheapest. */
const HOME_REGIONS: Readonly<Record<string, string>> = {
  gcp: 'us-central1',
  aws: 'us-east-1',
  azure: 'eastus',
  digitalocean: 'nyc3',
};

/** The home regions of these clouds, or of all. */
export const homeRegions = (clouds: readonly string[] = Object.keys(HOME_REGIONS)): string[] =>
  clouds.flatMap((cloud) => HOME_REGIONS[cloud] ?? []);

/** Whether a region is the one of its cloud that nobody has to name. */
export const isHomeRegion = (region: string): boolean =>
  Object.values(HOME_REGIONS).includes(region);

/** The group that a region belongs to; null for Canada, Brazil, London and all other places. */
export const regionGroup = (cloud: string, region: string): RegionGroup | null => {
  const rule = RULES.find((each) => each.cloud === cloud);
  if (rule === undefined) return null;
  return REGION_GROUPS.find((group) => rule[group].test(region)) ?? null;
};
