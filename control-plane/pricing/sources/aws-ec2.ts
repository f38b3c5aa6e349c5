import type { XmlElement } from '@rgrove/parse-xml';
import { sourceFailed } from './failure.ts';
import type { AccountContext } from './source.ts';

/** The only version of the EC2 API that there has been since 2016. */
const VERSION = '2016-11-15';

/** An element of an answer, by the names of what is in it. */
interface Ec2Element {
  text(name: string): string;
  items(name: string): Ec2Element[];
}

const childrenOf = (element: XmlElement): XmlElement[] =>
  element.children.filter((child) => child.type === 'element') as XmlElement[];

const viewElement = (element: XmlElement): Ec2Element => {
  const child = (name: string): XmlElement | undefined =>
    childrenOf(element).find((each) => each.name === name);
  return {
    text: (name) => child(name)?.text ?? '',
    items: (name) => {
      const list = child(name);
      const items = list === undefined ? [] : childrenOf(list);
      return items.filter((each) => each.name === 'item').map(viewElement);
    },
  };
};

/** Asks the EC2 API of a region, signed. There is an account: callers look first. */
export const askEc2 = async (
  { http, urls, accounts }: AccountContext,
  region: string,
  query: Record<string, string>,
): Promise<Ec2Element> => {
  const base = urls.awsEc2.replace('REGION', region);
  const url = `${base}/?${new URLSearchParams({ ...query, Version: VERSION })}`;
  const headers = (await accounts.aws?.sign(url, region)) ?? {};
  const { root } = await http.xml(url, headers);
  if (root === null) throw sourceFailed(new URL(url).host, 'the answer is empty');
  return viewElement(root);
};
